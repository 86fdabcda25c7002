"use strict";
// Filter, order and open the exam cards. Choosing the model needs no script: style sheet only.
(() => {
  document.documentElement.classList.add("with-script");
  const list = document.getElementById("cards");
  const cards = [...list.querySelectorAll(".exam")];
  const find = document.getElementById("find");
  const order = document.getElementById("order");
  const found = document.getElementById("found");
  const radios = [...document.querySelectorAll("input[name=model]")];

  const shown = () => Number(radios.find((radio) => radio.checked).value);
  const number = (card, key) => Number(card.dataset[key].trim().split(" ")[key === "error" || key === "miss" ? shown() : 0]);

  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const card of cards) {
      const text = card.dataset.words.toLowerCase();
      card.hidden = !words.every((word) => text.includes(word));
      count += card.hidden ? 0 : 1;
    }
    found.textContent = words.length ? `${count} of ${cards.length} exams` : "";
  };

  const sort = () => {
    const key = order.value;
    const falling = key === "place" ? 1 : -1;
    const sorted = [...cards].sort(
      (a, b) => falling * (number(a, key) - number(b, key)) || number(a, "place") - number(b, "place"),
    );
    list.append(...sorted);
  };

  find.addEventListener("input", filter);
  order.addEventListener("change", sort);
  for (const radio of radios) radio.addEventListener("change", sort);
  for (const [id, open] of [["open-all", true], ["close-all", false]]) {
    document.getElementById(id).addEventListener("click", () => {
      for (const card of cards) if (!card.hidden) card.open = open;
    });
  }
})();
