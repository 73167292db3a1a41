// --- the source panel

function sourceOf(cite) {
  return element.querySelector('[data-source="' + cite + '"]');
}

function openSource(cite, by) {
  const source = sourceOf(cite);
  if (!source) return;
  const first = panel.hidden;
  opened = cite;
  if (by) openedBy = by;
  const turn = turns.find((one) => one.message === cite.split(":")[0]);
  panelBody.innerHTML = source.innerHTML;
  panelBody.lang = (turn && turn.lang) || lang;
  panelBody.scrollTop = 0;
  translate(panelBody);
  panel.hidden = false;
  element.classList.add("hg-with-panel");
  const covers = PHONE.matches || window.getComputedStyle(panel).position === "fixed";
  backdrop.hidden = !covers;
  panel.setAttribute("role", covers ? "dialog" : "complementary");
  if (covers) panel.setAttribute("aria-modal", "true");
  else panel.removeAttribute("aria-modal");
  showPosition();
  pointOut();
  const title = panelBody.querySelector("h2");
  if (title) title.focus({ preventScroll: true });
  if (first && !covers && by) by.scrollIntoView({ block: "nearest" });
}

function closeSource() {
  if (panel.hidden) return;
  panel.hidden = true;
  backdrop.hidden = true;
  element.classList.remove("hg-with-panel");
  opened = null;
  pointOut();
  if (openedBy && openedBy.isConnected) openedBy.focus({ preventScroll: true });
  openedBy = null;
}

function neighbours() {
  const message = opened ? opened.split(":")[0] : "";
  const all = Array.from(element.querySelectorAll('[data-source^="' + message + ':"]'), (node) => node.dataset.source);
  // A folded plan brings sources of its own; they count once it is unfolded.
  return all.filter((key) => key === opened || marksOf(key).some((mark) => mark.offsetParent));
}

function marksOf(key) {
  return Array.from(element.querySelectorAll(".hg-mark")).filter((mark) => mark.dataset.cite === key);
}

function walk(step) {
  const all = neighbours();
  const next = all[all.indexOf(opened) + step];
  if (next) openSource(next, null);
}

function showPosition() {
  if (!opened) return;
  const all = neighbours();
  const n = all.indexOf(opened) + 1;
  panel.querySelector(".hg-position").textContent = words("panel.position", { n, total: all.length });
  panel.querySelector('[data-do="previous"]').disabled = all.indexOf(opened) <= 0;
  panel.querySelector('[data-do="next"]').disabled = all.indexOf(opened) >= all.length - 1;
}

function pointOut() {
  for (const mark of element.querySelectorAll(".hg-mark")) {
    const here = mark.dataset.cite === opened;
    mark.classList.toggle("hg-mark-open", here);
    mark.setAttribute("aria-expanded", String(here));
  }
}

// Keep the keyboard inside the panel while it covers the page.
function keepInside(event) {
  if (panel.getAttribute("aria-modal") !== "true" || panel.hidden) return;
  const stops = Array.from(panel.querySelectorAll("button:not(:disabled), a[href]"));
  const first = stops[0];
  const last = stops[stops.length - 1];
  const at = document.activeElement;
  if (event.shiftKey && (at === first || !stops.includes(at))) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && at === last) {
    event.preventDefault();
    first.focus();
  }
}
