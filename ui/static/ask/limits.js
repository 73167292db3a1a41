// --- what a question is asked under: a day, topics, places; and what was told about the case

// What the next question will be asked under; it stays for those that follow.
const wanted = { as_of: "", topics: [], jurisdictions: [] };
const chips = $(".hg-chips");
let popped = null; // the small window that is open

function want(given) {
  Object.assign(wanted, copyOf(given));
  showWanted();
}

function showWanted() {
  chips.replaceChildren(
    ...limitsOf(wanted).map(([kind, value, said]) => {
      const chip = chipButton("drop", said);
      chip.dataset.kind = kind;
      chip.dataset.value = value;
      return chip;
    }),
  );
  $("#hg-day input").value = wanted.as_of;
  for (const kind of ["topics", "jurisdictions"]) showFilter(kind);
  const day = element.querySelector('[data-pop="hg-day"] span');
  day.dataset.t = wanted.as_of ? "day.change" : "day.today";
  day.textContent = words(day.dataset.t);
}

function showFilter(kind) {
  const field = $('[data-filter="' + kind + '"]');
  const family = kind === "topics" ? "topic." : "place.";
  for (const label of field.querySelectorAll("label")) label.remove();
  for (const value of props.filters[kind]) {
    const tick = make("input");
    tick.type = "checkbox";
    tick.value = value;
    tick.checked = wanted[kind].includes(value);
    const label = make("label", "hg-tick");
    label.append(tick, make("span", "", words(family + value)));
    field.append(label);
  }
}

function pop(button) {
  const window_ = document.getElementById(button.dataset.pop);
  const open = popped !== window_;
  shut();
  if (!open) return;
  popped = window_;
  $("#hg-day-bad").textContent = "";
  window_.hidden = false;
  button.setAttribute("aria-expanded", "true");
  window_.querySelector("input").focus();
}

function shut() {
  if (!popped) return;
  const held = popped.contains(document.activeElement);
  popped.hidden = true;
  const by = element.querySelector('[data-pop="' + popped.id + '"]');
  by.setAttribute("aria-expanded", "false");
  popped = null;
  if (held) by.focus();
}

function chooseDay() {
  const field = $("#hg-day input");
  if (!field.checkValidity() || (field.value === "" && field.validity.badInput)) {
    $("#hg-day-bad").textContent = words("day.bad");
    field.focus();
    return;
  }
  want(Object.assign({}, wanted, { as_of: field.value }));
  shut();
}

function drop(kind, value) {
  if (kind === "as_of") wanted.as_of = "";
  else wanted[kind] = wanted[kind].filter((one) => one !== value);
  showWanted();
  box.focus();
}
