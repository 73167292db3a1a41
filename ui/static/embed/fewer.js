// --- what the chat in a portal goes without: limits, editing, the list, a language of its own

const popped = null;
const wanted = copyOf({});

function firstLanguage() {
  return props.lang;
}

function pendingOf() {
  return null;
}

function want() {}
function shut() {}
function unedit() {}
function forget() {}
function refreshList() {}
function showOwnership() {}
function cleared() {}
