// --- a question taken back into the box; what it replaces can be had again

let replaced = null; // {at, gone}: turns that an edited question took the place of

function edit(turn) {
  if (running) stop();
  closeSource();
  editing = turn;
  want(turn.given);
  box.value = turn.question;
  grow();
  $(".hg-editing").hidden = false;
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
}

function unedit() {
  if (!editing) return;
  editing = null;
  $(".hg-editing").hidden = true;
  box.value = "";
  grow();
}

// Ask the edited question in the place of the old one and of all that followed.
function askInstead(question) {
  const { profile, given } = editing;
  const at = turns.indexOf(editing);
  const gone = turns.splice(at);
  for (const turn of gone) turn.article.remove();
  editing = null;
  $(".hg-editing").hidden = true;
  ask(question, { profile, told: given.told, insteadOf: gone[0].root });
  replaced = { at, gone, by: turns[at] };
  showUndo();
}

function showUndo() {
  $(".hg-undo").hidden = !replaced;
  if (replaced) $("[data-undo]").textContent = words("edit.replaced", { n: replaced.gone.length });
}

function forget() {
  replaced = null;
  showUndo();
}

function undo() {
  if (!replaced) return;
  const { at, gone, by } = replaced;
  if (running) stop();
  closeSource();
  if (props.keeps) {
    api("POST", "conversations/" + here.id + "/turns/" + by.message + "/undo").catch(() => say("list.fault"));
  }
  for (const turn of turns.splice(at)) turn.article.remove();
  for (const turn of gone) {
    turns.push(turn);
    conversation.append(turn.article);
  }
  forget();
  want(gone[gone.length - 1].given);
  keep();
  bringUp(gone[0]);
  box.focus();
}
