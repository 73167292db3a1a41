// --- the list of conversations: a drawer at the left, a sheet on a phone

const WIDE = window.matchMedia("(min-width: 1081px)"); // as in memory.css
const UNDO_MS = 10000;
const SEARCH_MS = 200;
const ICONS = {
  rename: "M4 13.5V16h2.5L15 7.5 12.5 5zM11 6.5L13.5 9",
  link: "M8.5 11.5l3-3M9 6.5l1.7-1.7a3 3 0 0 1 4.3 4.3L13.3 11M11 13.5l-1.7 1.7a3 3 0 0 1-4.3-4.3L6.7 9",
  delete: "M5 6h10M8.5 6V4.5h3V6M6.5 6l.7 9.5h5.6l.7-9.5",
};

const list = $(".hg-list");
const listItems = $(".hg-list-items");
const listSearch = $(".hg-list-search");
const listToggle = $(".hg-list-toggle");
const listBackdrop = $(".hg-list-backdrop");
const listUndo = $(".hg-list-undo");
let listed = null; // as the server tells them, the latest first; null before it is asked
let found = { wanted: "", conversations: [], note: "list.none" }; // by the server, for words in the box
let searchTimer = 0;
let deleted = null; // the last one deleted, until it is too late to bring it back
let undoTimer = 0;

function listIsOpen() {
  return !list.hidden;
}

function showList(open) {
  list.hidden = !open;
  listToggle.setAttribute("aria-expanded", String(open));
  element.classList.toggle("hg-with-list", open);
  const covers = open && !WIDE.matches;
  listBackdrop.hidden = !covers;
  if (covers) {
    list.setAttribute("role", "dialog");
    list.setAttribute("aria-modal", "true");
  } else {
    list.removeAttribute("role");
    list.removeAttribute("aria-modal");
  }
  // What lies under the sheet is out of reach of keyboard and screen reader.
  for (const one of element.querySelectorAll(".hg-skip, .hg-header, .hg-main, .hg-panel")) one.inert = covers;
  if (WIDE.matches) store("list", open ? "open" : "closed");
  if (open) refreshList();
}

function closeSheet() {
  if (!listIsOpen() || WIDE.matches) return;
  showList(false);
}

async function refreshList() {
  if (!props.keeps || !listIsOpen()) return;
  try {
    listed = (await api("GET", "conversations?limit=500")).conversations;
    drawList();
    searchList();
  } catch {
    if (listed === null) listItems.replaceChildren(listNote("list.fault"));
  }
}

function listNote(key) {
  const item = make("li", "hg-list-none");
  item.append(makeWord("span", key));
  return item;
}

// Titles are looked through at once, questions and answers by the server when the typing pauses.
function typedInSearch() {
  drawList();
  window.clearTimeout(searchTimer);
  searchTimer = window.setTimeout(searchList, SEARCH_MS);
}

async function searchList() {
  const wanted = listSearch.value.trim();
  if (!wanted) return;
  let answer = { wanted, conversations: [], note: "list.fault" }; // the titles found stay
  try {
    const told = await api("POST", "conversations/search", { words: wanted });
    answer = { wanted, conversations: told.conversations, note: "list.none" };
  } catch {}
  if (wanted !== listSearch.value.trim()) return; // it was typed on
  found = answer;
  drawList();
}

function shownInList() {
  const wanted = listSearch.value.trim();
  if (!wanted) return listed;
  const further = found.wanted === wanted ? found.conversations : [];
  const lines = new Map(further.map((one) => [one.id, one.line]));
  const titled = listed.filter((one) => one.title.toLowerCase().includes(wanted.toLowerCase()));
  const ids = new Set([...lines.keys(), ...titled.map((one) => one.id)]);
  // As listed: the name may have been changed since the search, or the conversation deleted.
  return listed.filter((one) => ids.has(one.id)).map((one) => ({ ...one, line: lines.get(one.id) }));
}

function drawList() {
  if (listed === null || listItems.querySelector("input")) return; // a title is being typed
  const shown = shownInList();
  if (shown.length === 0) {
    const busy = listSearch.value.trim() !== found.wanted;
    listItems.replaceChildren(
      listNote(listed.length === 0 ? "list.empty" : busy ? "list.searching" : found.note),
    );
    return;
  }
  const focused = document.activeElement && document.activeElement.closest(".hg-list-item");
  const held = focused && { id: focused.dataset.conversation, what: document.activeElement.dataset.do };
  listItems.replaceChildren(...shown.map(listItem));
  if (held) focusIn(held.id, held.what);
}

// The tools of an item show while the keyboard is in it, so the title is entered first.
function focusIn(id, what) {
  const item = itemOf(id);
  if (!item) return;
  item.querySelector(".hg-list-open").focus({ preventScroll: true });
  item.querySelector('[data-do="' + what + '"]')?.focus({ preventScroll: true });
}

function itemOf(id) {
  return Array.from(listItems.children).find((one) => one.dataset.conversation === id);
}

function listItem(one) {
  const item = make("li", "hg-list-item");
  item.dataset.conversation = one.id;
  const open = make("button", "hg-list-open");
  open.type = "button";
  open.dataset.do = "conversation-open";
  if (here && here.id === one.id) open.setAttribute("aria-current", "true");
  const title = make("span", "hg-list-title", one.title);
  title.dir = "auto";
  const time = make("time", "hg-list-time", whenOf(one.updated));
  time.dateTime = one.updated;
  open.append(title);
  if (one.line && one.line !== one.title) {
    const line = make("span", "hg-list-line");
    line.dir = "auto";
    line.append(...markedWords(one.line, listSearch.value));
    open.append(line);
  }
  open.append(time);
  const tools = make("div", "hg-list-tools");
  tools.append(
    listTool("rename", "list.rename", one.title),
    listTool("link", "list.link", one.title),
    listTool("delete", "list.delete", one.title),
  );
  item.append(open, tools);
  return item;
}

// What was typed stands out; in another script or width it is there all the same, unmarked.
function markedWords(line, typed) {
  const wanted = typed.trim().split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pieces = line.split(new RegExp("(" + wanted.join("|") + ")", "i"));
  return pieces.map((piece, at) => (at % 2 ? make("mark", "", piece) : document.createTextNode(piece)));
}

function listTool(name, key, title) {
  return iconButton("conversation-" + name, key, ICONS[name], { title });
}

// Today by the clock, this year by the day, else by the whole date.
function whenOf(moment) {
  const then = new Date(moment);
  const now = new Date();
  const tag = { "zh-Hans": "zh-CN", "zh-Hant": "zh-HK", en: "en-GB" }[lang];
  const style =
    then.toDateString() === now.toDateString()
      ? { hour: "2-digit", minute: "2-digit", hour12: false }
      : then.getFullYear() === now.getFullYear()
        ? { month: "short", day: "numeric" }
        : { year: "numeric", month: "short", day: "numeric" };
  return new Intl.DateTimeFormat(tag, style).format(then);
}

function idOf(button) {
  return button.closest("[data-conversation]").dataset.conversation;
}

function lineOf(id) {
  return (listed || []).find((one) => one.id === id);
}

function renameHere(button) {
  const id = idOf(button);
  const item = button.closest(".hg-list-item");
  const line = lineOf(id);
  const input = make("input", "hg-list-input");
  input.value = line.title;
  input.maxLength = 80;
  input.setAttribute("aria-label", words("list.rename.label"));
  let over = false;
  const end = async (save) => {
    if (over) return;
    over = true;
    const title = input.value.trim();
    const changed = save && title && title !== line.title;
    const before = line.title;
    if (changed) line.title = title;
    input.remove();
    drawList();
    focusIn(id, "conversation-rename");
    if (!changed) return;
    try {
      line.title = (await api("PATCH", "conversations/" + id, { title })).title;
    } catch {
      line.title = before;
      say("list.fault");
    }
    drawList();
  };
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" || event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      end(event.key === "Enter");
    }
  });
  input.addEventListener("blur", () => end(true));
  item.replaceChildren(input);
  input.focus();
  input.select();
}

async function deleteHere(button) {
  const id = idOf(button);
  const line = lineOf(id);
  try {
    await api("DELETE", "conversations/" + id);
  } catch {
    say("list.fault");
    return;
  }
  listed = listed.filter((one) => one.id !== id);
  deleted = { line, shown: Boolean(here && here.id === id) };
  if (deleted.shown) ACTIONS.new();
  drawList();
  const said = listUndo.querySelector("span");
  said.dataset.t = "list.deleted";
  said.dataset.a = JSON.stringify({ title: line.title });
  said.textContent = words("list.deleted", { title: line.title });
  listUndo.hidden = false;
  listUndo.querySelector("button").focus();
  window.clearTimeout(undoTimer);
  undoTimer = window.setTimeout(() => {
    listUndo.hidden = true;
    deleted = null;
  }, UNDO_MS);
}

async function undoDelete() {
  if (!deleted) return;
  const { line, shown } = deleted;
  window.clearTimeout(undoTimer);
  listUndo.hidden = true;
  deleted = null;
  try {
    await api("POST", "conversations/" + line.id + "/restore");
  } catch {
    say("list.fault");
    return;
  }
  await refreshList();
  if (shown) await openConversation(line.id);
  itemOf(line.id)?.querySelector("button")?.focus();
}

async function copyLink(button) {
  const address = new URL("c/" + idOf(button), document.baseURI);
  await toClipboard(address.href, button);
  button.classList.add("hg-done");
  say("list.link.copied");
  window.setTimeout(() => button.classList.remove("hg-done"), 2000);
}

function say(key) {
  const said = $("[data-announce]");
  said.textContent = words(key);
  const shown = $(".hg-list-said");
  shown.textContent = words(key);
  shown.hidden = false;
  window.setTimeout(() => {
    said.textContent = "";
    shown.hidden = true;
  }, 2500);
}

const CONVERSATION_ACTIONS = {
  list: () => {
    showList(!listIsOpen());
    if (listIsOpen() && !WIDE.matches) list.querySelector("[data-do=list]").focus();
    else listToggle.focus();
  },
  "conversation-open": (button) => {
    const id = idOf(button);
    closeSheet();
    if (!here || here.id !== id) openConversation(id).then(drawList);
  },
  "conversation-rename": renameHere,
  "conversation-link": copyLink,
  "conversation-delete": deleteHere,
  "conversation-undo": undoDelete,
};

if (props.keeps) {
  listToggle.hidden = false;
  listSearch.addEventListener("input", typedInSearch);
  list.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !WIDE.matches) {
      event.preventDefault();
      CONVERSATION_ACTIONS.list();
    }
  });
  WIDE.addEventListener("change", () => showList(WIDE.matches && stored("list") === "open"));
  // Times are written in the page's language.
  new MutationObserver(drawList).observe(document.documentElement, { attributeFilter: ["lang"] });
}
