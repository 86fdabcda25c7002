// A person's score of a clip, saved as a label of a cohort.

import { cohortOptions, cohortsForClips, listCohorts, NEW_COHORT } from "../cohorts.js";
import { byId, element, show } from "../elements.js";
import { zoneOptions } from "./zones.js";
import { pageData, recall, remember } from "../page_data.js";

const KEPT = ["patient", "exam", "rater"];

export class LabelForm {
  #clip = null;
  #cohorts = [];
  #saved = new Map();

  constructor(session) {
    this.session = session;
    this.form = byId("label-form");
    this.more = byId("label-more");
    this.outcome = byId("label-outcome");
    const { elements } = this.form;
    this.fields = elements;
    this.meant = this.form.querySelector('[data-part="meant"]');
    this.meant.addEventListener("click", () => this.#saveInto(this.meant.dataset.cohort));
    this.newCohort = this.form.querySelector('[data-part="new-cohort"]');
    for (const name of KEPT) elements[name].value = recall(`label.${name}`) || elements[name].defaultValue;
    this.form.addEventListener("change", (event) => {
      if (event.target.name === "score") this.#open();
      if (event.target.name === "cohort") this.#cohortChosen();
    });
    this.fields.new_cohort.addEventListener("input", () => show(this.meant, false));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
  }

  /** Be about a clip; a score that was chosen for another one is forgotten. */
  show(clip) {
    const key = `${this.session.view.id}/${clip.number}`;
    if (key !== this.key) {
      this.key = key;
      for (const choice of this.form.querySelectorAll("input[name=score]")) choice.checked = false;
      show(this.more, false);
      show(this.meant, false);
      this.#tell(this.#saved.get(key) ?? "", "good");
      this.zoneOf = null;
    }
    this.#clip = clip;
    for (const choice of this.form.querySelectorAll(".pick"))
      choice.classList.toggle("models", Number(choice.querySelector("input").value) === clip.prediction?.score);
    if (this.zoneOf !== clip.zone) {
      this.zoneOf = clip.zone;
      this.#offerZones();
    }
  }

  choose(score) {
    const choice = this.form.querySelector(`input[name=score][value="${score}"]`);
    choice.click();
    choice.focus();
  }

  async #open() {
    this.#tell("", "");
    show(this.more, true);
    try {
      this.#cohorts = cohortsForClips(await listCohorts(), pageData.model.synthetic);
    } catch (error) {
      this.#tell(error.message, "bad");
      return;
    }
    const { cohort } = this.fields;
    const wanted = cohort.value || recall("label.cohort");
    cohort.replaceChildren(element("option", { value: "" }, "choose…"),
      ...cohortOptions(this.#cohorts), element("option", { value: NEW_COHORT }, "New cohort…"));
    // none is chosen for the user: a clip would be copied to patients that it is not of
    const known = wanted === NEW_COHORT || this.#cohorts.some(({ name, problem }) => name === wanted && !problem);
    cohort.value = known ? wanted : "";
    this.#cohortChosen();
  }

  #cohortChosen() {
    show(this.meant, false);
    show(this.newCohort, this.fields.cohort.value === NEW_COHORT);
    this.#offerZones();
  }

  /** Offer the zones of the cohort's own protocol, which need not be the model's. */
  #offerZones() {
    const { zone, cohort } = this.fields;
    const chosen = this.#cohorts.find(({ name }) => name === cohort.value);
    zone.replaceChildren(...zoneOptions(chosen?.zones ?? pageData.protocol.zones, "choose…"));
    zone.value = this.#clip?.zone ?? "";
    if (zone.selectedIndex < 0) zone.value = "";
  }

  async #save() {
    const { fields, key } = this;
    const isNew = fields.cohort.value === NEW_COHORT;
    const text = (field) => field.value.trim();
    const wanted = {
      cohort: isNew ? text(fields.new_cohort) : fields.cohort.value, new: isNew,
      patient: text(fields.patient), exam: text(fields.exam), zone: fields.zone.value,
      score: Number(this.form.querySelector("input[name=score]:checked").value),
      rater: text(fields.rater),
    };
    if (!this.#complete(isNew, wanted)) return;
    for (const name of KEPT) remember(`label.${name}`, wanted[name]);
    this.#tell("Saving…", "");
    try {
      const { sentence } = await this.session.askExam("POST", `/clips/${this.#clip.number}/label`, wanted);
      remember("label.cohort", wanted.cohort);
      this.#saved.set(key, sentence);
      if (key !== this.key) return;
      this.#tell(sentence, "good");
      show(this.more, false);
      this.#takeIn(wanted.cohort);
    } catch (error) {
      if (error.name !== "Refusal") throw error;
      if (key !== this.key) return;
      this.#tell(error.message, "bad");
      if (error.status === 409) await this.#ask(wanted.cohort, key);
    }
  }

  /** Offer the cohort that has the name already; it is taken only if somebody says so. */
  async #ask(wanted, key) {
    const cohorts = await listCohorts().catch(() => []);
    if (key !== this.key) return;
    this.#cohorts = cohortsForClips(cohorts, pageData.model.synthetic);
    const known = this.#cohorts.find(({ name, problem }) => name.toLowerCase() === wanted.toLowerCase() && !problem);
    if (!known) return;
    this.meant.dataset.cohort = known.name;
    this.meant.textContent = `Save into ${known.name}`;
    show(this.meant, true);
  }

  #saveInto(name) {
    this.#takeIn(name);
    this.#cohortChosen();
    this.#save();
  }

  /** After a cohort was made it is one to choose. */
  #takeIn(name) {
    const { cohort } = this.fields;
    if (![...cohort.options].some((option) => option.value === name))
      cohort.options[0].after(element("option", { value: name }, name));
    cohort.value = name;
    this.fields.new_cohort.value = "";
  }

  #complete(isNew, wanted) {
    const needed = [
      ["cohort", !isNew && !wanted.cohort, "Choose the cohort to copy the clip into."],
      ["new_cohort", isNew && !wanted.cohort, "Give the new cohort a name."],
      ["patient", !wanted.patient, "Give the patient's pseudonym."],
      ["exam", !wanted.exam, "Give the exam a name, such as 1."],
      ["zone", !wanted.zone, "Choose the zone."],
      ["rater", !wanted.rater, "Enter the rater; initials will do."],
    ];
    for (const [name] of needed) this.fields[name].removeAttribute("aria-invalid");
    const lacking = needed.find(([, lacks]) => lacks);
    if (!lacking) return true;
    const [name, , sentence] = lacking;
    this.fields[name].setAttribute("aria-invalid", "true");
    this.fields[name].focus();
    this.#tell(sentence, "bad");
    return false;
  }

  #tell(sentence, kind) {
    this.outcome.textContent = sentence;
    this.outcome.className = `outcome ${kind}`;
  }
}
