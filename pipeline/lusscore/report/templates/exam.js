"use strict";
// How strongly the activation maps show: of one clip, or of all.
(() => {
  document.documentElement.classList.add("with-script");
  const set = (input, value) => {
    input.value = value;
    input.closest("label").querySelector("output").textContent = `${value} %`;
  };
  const each = [...document.querySelectorAll(".opacity-one")];
  const show = (input, value) => {
    set(input, value);
    input.closest("figure").style.setProperty("--opacity", value / 100);
  };
  for (const input of each) input.addEventListener("input", () => show(input, input.value));
  const all = document.getElementById("opacity-all");
  if (all) all.addEventListener("input", () => {
    set(all, all.value);
    for (const input of each) show(input, all.value);
  });
})();
