// --- feedback on an answer: a thumb is noted at once, the form adds why

const REASONS = {
  wrong: "feedback.reason.wrong",
  outdated: "feedback.reason.outdated",
  incomplete: "feedback.reason.incomplete",
  unsupported: "feedback.reason.unsupported",
  unclear: "feedback.reason.unclear",
  other: "feedback.reason.other",
};
const THUMB = "M7 9v7H4.5V9zM7 9.5l3-5.8c1.2 0 1.8.9 1.6 2.1L11.2 8h3.6c1 0 1.7.9 1.4 1.9l-1.4 4.9c-.2.7-.8 1.2-1.6 1.2H7";

function offerFeedback(turn) {
  const foot = turn.answer.querySelector(".hg-foot");
  if (!props.keeps || !here || !here.owned || !foot || foot.querySelector(".hg-feedback")) return;
  const group = make("div", "hg-feedback");
  group.setAttribute("role", "group");
  nameBy(group, "feedback.label");
  group.append(thumb("up", "feedback.up"), thumb("down", "feedback.down"));
  foot.append(group);
  press(turn);
}

function thumb(verdict, key) {
  const button = iconButton("rate", key, THUMB);
  button.classList.add("hg-thumb", "hg-thumb-" + verdict);
  button.dataset.verdict = verdict;
  return button;
}

function press(turn) {
  for (const button of turn.answer.querySelectorAll(".hg-thumb")) {
    const mine = Boolean(turn.feedback) && turn.feedback.verdict === button.dataset.verdict;
    button.setAttribute("aria-pressed", String(mine));
  }
}

function closeFeedback(turn) {
  turn.answer.querySelector(".hg-feedback-form")?.remove();
}

function openFeedback(turn) {
  closeFeedback(turn);
  const down = turn.feedback.verdict === "down";
  const written = make("form", "hg-feedback-form");
  if (down) {
    const set = make("fieldset");
    set.append(makeWord("legend", "feedback.reasons"));
    const choices = make("div", "hg-choices");
    for (const [reason, key] of Object.entries(REASONS)) {
      const choice = make("label", "hg-reason");
      const radio = make("input");
      radio.type = "radio";
      radio.name = "reason-" + turn.message;
      radio.value = reason;
      radio.checked = turn.feedback.reason === reason;
      choice.append(radio, makeWord("span", key));
      choices.append(choice);
    }
    set.append(choices);
    written.append(set);
  }
  const carrier = make("label", "hg-feedback-text");
  const text = make("textarea");
  text.rows = 2;
  text.maxLength = 2000;
  text.value = turn.feedback.text || "";
  carrier.append(makeWord("span", "feedback.text"), text);
  const buttons = make("div", "hg-choices");
  const send = makeWord("button", "feedback.send");
  send.type = "submit";
  send.className = "hg-primary";
  buttons.append(send, doing("feedback.withdraw", "unrate"), doing("feedback.close", "rate-close"));
  written.append(carrier, buttons);
  written.addEventListener("submit", (event) => {
    event.preventDefault();
    const reason = written.querySelector("input:checked");
    rate(turn, turn.feedback.verdict, reason ? reason.value : null, text.value).then((noted) => {
      if (noted) thank(turn, "feedback.thanks");
    });
  });
  written.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    ACTIONS["rate-close"](written);
  });
  turn.answer.querySelector(".hg-foot").after(written);
  (written.querySelector("input:checked") || written.querySelector("input") || text).focus({ preventScroll: true });
  written.scrollIntoView({ block: "nearest" });
}

function doing(key, name) {
  const button = makeWord("button", key);
  button.type = "button";
  button.dataset.do = name;
  return button;
}

async function rate(turn, verdict, reason, text) {
  try {
    turn.feedback = await api("POST", "feedback", { turn: turn.message, verdict, reason, text });
    press(turn);
    return true;
  } catch {
    thank(turn, "feedback.fault");
    return false;
  }
}

function thank(turn, key) {
  closeFeedback(turn);
  turn.answer.querySelector(".hg-feedback-said")?.remove();
  const said = makeWord("span", key);
  said.className = "hg-feedback-said";
  said.setAttribute("role", "status");
  turn.answer.querySelector(".hg-feedback").prepend(said);
  turn.answer.querySelector('.hg-thumb[aria-pressed="true"]')?.focus({ preventScroll: true });
}

const FEEDBACK_ACTIONS = {
  rate: (button) => {
    const turn = turnOf(button);
    const verdict = button.dataset.verdict;
    turn.answer.querySelector(".hg-feedback-said")?.remove();
    if (turn.feedback && turn.feedback.verdict === verdict) {
      if (turn.answer.querySelector(".hg-feedback-form")) closeFeedback(turn);
      else openFeedback(turn);
      return;
    }
    const kept = turn.feedback ? turn.feedback.text : "";
    rate(turn, verdict, null, kept).then((noted) => noted && openFeedback(turn));
  },
  unrate: async (button) => {
    const turn = turnOf(button);
    try {
      await api("DELETE", "feedback/" + turn.message);
      turn.feedback = null;
      closeFeedback(turn);
      press(turn);
      turn.answer.querySelector(".hg-thumb").focus({ preventScroll: true });
    } catch {
      thank(turn, "feedback.fault");
    }
  },
  "rate-close": (node) => {
    const turn = turnOf(node);
    closeFeedback(turn);
    turn.answer.querySelector('.hg-thumb[aria-pressed="true"]')?.focus({ preventScroll: true });
  },
};
