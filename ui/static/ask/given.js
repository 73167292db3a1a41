// --- what a turn was asked under, as it is told above its answer

function copyOf(given) {
  return {
    as_of: given.as_of || "",
    topics: Array.from(given.topics || []),
    jurisdictions: Array.from(given.jurisdictions || []),
  };
}

// Each limit as [kind, value, words].
function limitsOf(given) {
  const limits = [];
  if (given.as_of) limits.push(["as_of", given.as_of, words("day.chosen", { date: given.as_of })]);
  for (const one of given.topics) limits.push(["topics", one, words("topic." + one)]);
  for (const one of given.jurisdictions) limits.push(["jurisdictions", one, words("place." + one)]);
  return limits;
}

function chipButton(action, said) {
  const chip = make("button", "hg-chip hg-chip-drop", said);
  chip.type = "button";
  chip.dataset.do = action;
  chip.setAttribute("aria-label", words("chip.remove", { what: said }));
  const cross = make("span", "", "×");
  cross.setAttribute("aria-hidden", "true");
  chip.append(cross);
  return chip;
}

// What a turn was asked under, above its answer; what was told can be taken back.
function showGiven(turn) {
  const { told } = turn.given;
  turn.givenRow.replaceChildren(
    ...limitsOf(turn.given).map(([, , said]) => make("span", "hg-chip", said)),
    ...(told.length > 0 ? [makeWord("span", "told.title")] : []),
    ...told.map(({ name, asked, shown }) => {
      const chip = chipButton("untell", asked + " " + shown);
      chip.dataset.name = name;
      return chip;
    }),
  );
  turn.givenRow.hidden = turn.givenRow.childElementCount === 0;
}

// 200000000 → "200,000,000 (2亿)": long rows of zeros are misread.
function readable(value) {
  const plain = value.toLocaleString("en-US", { maximumFractionDigits: 6 });
  if (Math.abs(value) < 10000) return plain;
  const tag = { "zh-Hans": "zh-CN", "zh-Hant": "zh-HK", en: "en" }[lang];
  const style = { notation: "compact", compactDisplay: "long", maximumFractionDigits: 4 };
  return plain + " (" + new Intl.NumberFormat(tag, style).format(value) + ")";
}
