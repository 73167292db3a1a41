// The cases of a report: filtered, searched, and drawn when they are opened. Every text of a case
// goes into the page as text; nothing here reads a string as markup.
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const say = data.words;
  const PAGE = 60;
  const list = document.getElementById("list");
  const count = document.getElementById("shown");
  const more = document.getElementById("more");
  const form = document.getElementById("filters");
  let found = data.cases;
  let drawn = 0;

  function el(tag, options, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(options ?? {})) {
      if (value === null || value === undefined || value === false) continue;
      made.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat()) {
      if (child !== null && child !== undefined && child !== "") made.append(child);
    }
    return made;
  }

  const named = (family, key) => data[family]?.[key] ?? String(key).replaceAll("_", " ");
  const badge = (text, tone) => el("span", { class: `r-badge ${tone ?? ""}` }, text);
  const head = (text, ...children) =>
    children.flat().some(Boolean) ? [el("h3", {}, text), ...children] : [];
  const pair = (name, value) =>
    value === undefined || value === "" ? [] : [el("dt", {}, name), el("dd", {}, value)];
  const sentence = (at) => (at < 0 ? data.texts[-at - 1] : data.texts[at]);
  const figure = (value) =>
    value === null ? "–" : Math.abs(value) < 10 ? String(+value.toFixed(3)) : value.toFixed(1);

  // --- an answer's Markdown: headings, lists, tables, bold, [n] marks; all else is text

  function inline(text, place) {
    const parts = [];
    let from = 0;
    for (const match of text.matchAll(/\*\*([^*]+)\*\*|\[(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\]/g)) {
      parts.push(text.slice(from, match.index));
      from = match.index + match[0].length;
      if (match[1]) parts.push(el("b", {}, ...inline(match[1], place)));
      else for (const n of match[2].split(/\D+/)) parts.push(mark(n, place));
    }
    parts.push(text.slice(from));
    return parts;
  }

  function mark(n, place) {
    if (!place.numbers.has(Number(n))) return `[${n}]`;
    return el("a", { class: "r-cite", href: `#${place.name}-${n}` }, n);
  }

  function markdown(text, place) {
    const blocks = [];
    let kind = null;
    let open = null;
    const within = (tag) => {
      if (kind !== tag) {
        kind = tag;
        open = el(tag);
        blocks.push(tag === "table" ? el("div", { class: "r-scroll", tabindex: 0, role: "region", "aria-label": say.table }, open) : open);
      }
      return open;
    };
    for (const line of text.split("\n")) {
      let match;
      if (!line.trim() || /^\s*(-{3,}|\*{3,})\s*$/.test(line)) kind = null;
      else if ((match = /^\s*[-*•] +(.*)$/.exec(line))) within("ul").append(el("li", {}, ...inline(match[1], place)));
      else if ((match = /^\s*\d+[.)] +(.*)$/.exec(line))) within("ol").append(el("li", {}, ...inline(match[1], place)));
      else if (/^\s*\|.*\|\s*$/.test(line)) row(within("table"), line, place);
      else if ((match = /^#{1,6} +(.*)$/.exec(line))) {
        kind = null;
        blocks.push(el("h4", {}, ...inline(match[1], place)));
      } else {
        kind = null;
        blocks.push(el("p", {}, ...inline(line, place)));
      }
    }
    return blocks;
  }

  function row(table, line, place) {
    const cells = line.trim().slice(1, -1).split("|").map((cell) => cell.trim());
    if (cells.every((cell) => /^:?-+:?$/.test(cell))) return;
    const first = !table.rows.length;
    const part = first ? table.createTHead() : (table.tBodies[0] ?? table.createTBody());
    part.append(el("tr", {}, cells.map((cell) => el(first ? "th" : "td", first ? { scope: "col" } : {}, ...inline(cell, place)))));
  }

  // --- one case of a run

  function placeOf(one, side) {
    return {
      name: `c-${one.id}${side ?? ""}`,
      numbers: new Set([...(one.citations ?? []).map(([n]) => n), ...(one.papers ?? []).map(([n]) => n)]),
    };
  }

  function asked(one) {
    return [
      ...head(say.asked,
        ...(one.history ?? []).map(([role, text]) => el("div", { class: "r-turn", dir: "auto" }, el("b", {}, named("roles", role)), text)),
        el("div", { class: "r-turn r-asked", dir: "auto" }, one.question)),
      el("dl", {},
        ...pair(say.day, one.day),
        ...Object.entries(one.profile ?? {}).flatMap(([name, value]) => pair(name, value))),
    ];
  }

  function expected(one) {
    const tick = (yes, ...children) => el("li", { class: yes === null ? "" : yes ? "r-yes" : "r-no" }, el("span", { class: "r-hidden" }, yes === null ? "" : yes ? say.yes : say.no), ...children);
    const small = (text) => el("span", { class: "r-small" }, ` ${text}`);
    return [
      ...head(say.expected, el("p", {}, named("standings", one.expected), one.route ? small(`${say.route} ${one.route}`) : "")),
      ...head(say.nuggets, one.nuggets && el("ul", { class: "r-plain" }, one.nuggets.map(([name, vital, made]) => tick(made, name, small(vital ? say.vital : say.okay))))),
      ...head(say.cards, one.cards && el("ul", { class: "r-plain" }, one.cards.map(([card, rank, cited]) => tick(cited, el("code", {}, card), small(`${cited ? say.cited : say.uncited}, ${rank ? `${say.rank} ${rank}` : say.unfound}`))))),
      ...head(say.must_not, one.must_not && el("ul", { class: "r-plain" }, one.must_not.map(([pattern, said]) => tick(said === null, el("code", {}, pattern), said === null ? "" : small(`${say.said}: ${said}`))))),
      ...head(say.note, one.note && el("p", { class: "r-small" }, one.note)),
    ];
  }

  function sources(one, place) {
    const items = (one.citations ?? []).map(([n, at]) => {
      const [ref, quote, instrument, locator, page] = data.facts[at];
      const [title, number, status] = data.instruments[instrument];
      const [publisher, url] = data.pages[page];
      const link = /^https?:\/\//.test(url ?? "") ? el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, publisher) : publisher;
      return el("li", { id: `${place.name}-${n}`, value: n, tabindex: -1 },
        el("q", { dir: "auto" }, sentence(quote)),
        el("small", {}, [title, number, locator, named("statuses", status)].filter(Boolean).join(" · "), " · ", link, " · ", el("code", {}, ref)));
    });
    items.push(...(one.papers ?? []).map(([n, title, quote]) => el("li", { id: `${place.name}-${n}`, value: n, tabindex: -1 }, el("q", { dir: "auto" }, quote), el("small", {}, title))));
    return items.length ? el("ol", { class: "r-sources" }, items) : null;
  }

  function claims(one, place) {
    if (!one.claims?.length) return null;
    const rows = one.claims.map(([text, supported, refs]) =>
      el("tr", {},
        el("td", { dir: "auto" }, sentence(text)),
        el("td", {}, badge(supported ? say.supported : say.unsupported, supported ? "r-ok" : "r-bad")),
        el("td", {}, refs.length ? refs.flatMap((n) => [n > 0 ? mark(String(n), place) : el("code", {}, sentence(n)), " "]) : say.none)));
    return table(say.claims, [say.claim, say.verdict, say.rests], rows);
  }

  function table(label, heads, rows) {
    return el("div", { class: "r-scroll", tabindex: 0, role: "region", "aria-label": label },
      el("table", {}, el("thead", {}, el("tr", {}, heads.map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, rows)));
  }

  function times(one) {
    const most = Math.max(...(one.stages ?? []).map(([, ms]) => ms), 1);
    const rows = (one.stages ?? []).map(([name, ms]) =>
      el("tr", {}, el("th", { scope: "row" }, named("stages", name)), el("td", { class: "r-n" }, ms.toFixed(1)),
        el("td", { class: "r-wide" }, el("meter", { min: 0, max: most, value: ms, "aria-label": `${name} ${ms} ms` }))));
    return rows.length ? table(say.times, [say.stage, say.ms, ""], rows) : null;
  }

  function scores(one) {
    const rows = data.metrics.flatMap(([name, title], at) => {
      const value = one.scores?.[at];
      if (value === null || value === undefined) return [];
      const bad = (one.faults ?? []).includes(name);
      return [el("tr", {}, el("th", { scope: "row" }, title), el("td", { class: "r-n" }, bad ? badge(figure(value), "r-bad") : figure(value)), el("td", { class: "r-small" }, one.why?.[name] ?? ""))];
    });
    return rows.length ? table(say.scores, [say.metric, say.value, say.why], rows) : null;
  }

  function opinion(one) {
    if (!one.judge) return null;
    if (typeof one.judge === "string") return el("p", {}, `${say.unjudged}: ${one.judge}`);
    return el("dl", {}, Object.entries(one.judge).flatMap(([name, value]) => pair(named("aspects", name), String(value))));
  }

  function runBody(one) {
    const place = placeOf(one);
    const model = one.model && `${one.model[0]} · ${one.model[1]} + ${one.model[2]} ${say.tokens}`;
    return [
      el("div", { class: "r-columns" },
        el("div", {}, ...asked(one), ...expected(one)),
        el("div", {},
          ...(one.error ? head(say.error, el("p", {}, el("code", {}, one.error))) : []),
          ...head(say.answer, one.text !== undefined && el("p", {}, badge(named("standings", one.standing), tone(one)), one.reason ? ` ${named("reasons", one.reason)}` : "", one.plan ? ` ${say.route} ${one.plan}` : ""), one.text !== undefined && el("div", { class: "r-answer", dir: "auto" }, ...markdown(one.text, place))),
          ...head(say.missing, one.missing && el("ul", {}, one.missing.map((text) => el("li", {}, text)))),
          ...head(say.sources, sources(one, place)))),
      ...head(say.claims, claims(one, place)),
      ...head(say.judge, opinion(one)),
      el("div", { class: "r-columns r-even" },
        el("div", {}, ...head(say.scores, scores(one))),
        el("div", {},
          ...head(say.ranked, one.ranked && el("ol", {}, one.ranked.map((at) => el("li", {}, el("code", {}, sentence(at)), (one.cards ?? []).some(([card]) => card === sentence(at)) ? [" ", badge(say.wanted, "r-ok")] : "")))),
          ...head(say.times, times(one)),
          el("p", { class: "r-small" }, [one.writer, model].filter(Boolean).join(" · "))))
    ];
  }

  const tone = (one) => ((one.faults ?? []).includes("standing_accuracy") ? "r-bad" : "");

  // --- one case of a comparison

  function side(which, label, one) {
    const given = one[which];
    if (!given) return el("div", {}, el("h3", {}, label), el("p", {}, badge(say.error, "r-bad")));
    const mark = which === "a" ? "del" : "ins";
    return el("div", {}, el("h3", {}, label),
      el("p", {}, badge(named("standings", given.standing)), given.route ? ` ${say.route} ${given.route}` : ""),
      given.error ? el("p", {}, el("code", {}, given.error)) : null,
      el("div", { class: "r-answer r-side", dir: "auto" }, (given.text ?? []).map(([changed, text]) => (changed ? el(mark, {}, text.replaceAll("**", "")) : text.replaceAll("**", "")))),
      ...head(say.cited_here, given.cited && el("ul", { class: "r-plain" }, given.cited.map(([ref, only]) => el("li", {}, only ? el(mark, {}, el("code", {}, ref)) : el("code", {}, ref))))));
  }

  function comparedBody(one) {
    const rows = (one.moved ?? []).map(([name, before, after, way]) =>
      el("tr", {}, el("th", { scope: "row" }, named("titles", name)), el("td", { class: "r-n" }, figure(before)), el("td", { class: "r-n" }, figure(after)),
        el("td", {}, badge(named("ways", way), way === "lost" || way === "worse" ? "r-bad" : way === "gained" || way === "better" ? "r-ok" : ""))));
    return [
      ...asked(one), ...head(say.moved, rows.length && table(say.moved, [say.metric, data.sides[0], data.sides[1], ""], rows)),
      el("div", { class: "r-columns r-even" }, side("a", data.sides[0], one), side("b", data.sides[1], one)),
    ];
  }

  // --- the list

  function line(one) {
    const made = el("details", { class: "r-case", id: `case-${one.id}` });
    const tags = data.compared
      ? (one.moved ?? []).slice(0, 4).map(([name, , , way]) => badge(`${way === "lost" || way === "worse" ? "−" : way === "gained" || way === "better" ? "+" : ""} ${named("titles", name)}`, way === "lost" || way === "worse" ? "r-bad" : way === "gained" || way === "better" ? "r-ok" : ""))
      : [badge(named("standings", one.standing), tone(one)), ...(one.faults ?? []).map((name) => badge(named("wrongs", name), "r-bad"))];
    if (!data.compared && !one.faults?.length) tags.push(badge(say.sound, "r-ok"));
    made.append(el("summary", {},
      el("span", { class: "r-question", dir: "auto" }, one.question),
      el("span", { class: "r-tags" }, tags),
      el("span", { class: "r-line-2" }, [one.id, named("kinds", one.kind), named("langs", one.lang)].join(" · "))));
    // Drawn when it is opened: a thousand bodies at once would be felt.
    made.addEventListener("toggle", () => {
      if (made.open && made.childElementCount === 1) made.append(el("div", { class: "r-body" }, data.compared ? comparedBody(one) : runBody(one)));
    });
    return made;
  }

  function draw() {
    const next = found.slice(drawn, drawn + PAGE);
    list.append(...next.map(line));
    drawn += next.length;
    more.hidden = drawn >= found.length;
    count.textContent = say.shown.replace("{shown}", drawn).replace("{found}", found.length).replace("{all}", data.cases.length);
  }

  const texts = new Map();
  function text(one) {
    if (!texts.has(one)) {
      const sides = [one.a, one.b].flatMap((given) => (given?.text ?? []).map(([, part]) => part));
      const cited = (one.citations ?? []).map(([, at]) => data.facts[at][0]);
      texts.set(one, [one.id, one.group, one.question, one.text, one.note, one.error, ...sides, ...cited, ...(one.cards ?? []).map(([card]) => card)].join("\n").toLowerCase());
    }
    return texts.get(one);
  }

  function matches(one, wanted, words) {
    for (const [name, value] of wanted) {
      const has = one[name];
      if (!(Array.isArray(has) ? has.includes(value) : has === value)) return false;
    }
    return words.every((word) => text(one).includes(word));
  }

  function filter() {
    const wanted = [...new FormData(form)].filter(([name, value]) => name !== "q" && value);
    const words = form.elements.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = data.cases.filter((one) => matches(one, wanted, words));
    drawn = 0;
    list.replaceChildren();
    draw();
  }

  function clear() {
    for (const field of form.querySelectorAll("input, select")) field.value = "";
  }

  /** Show one case, wherever in the list it stands. */
  function open(id) {
    const one = data.cases.find((each) => each.id === id);
    if (!one) return;
    let made = document.getElementById(`case-${id}`);
    if (!made) {
      clear();
      filter();
      while (!(made = document.getElementById(`case-${id}`)) && drawn < found.length) draw();
    }
    made.open = true;
    made.scrollIntoView();
    made.firstElementChild.focus({ preventScroll: true });
  }

  function follow(event) {
    const link = event.target.closest?.("[data-show], a[href^='#case-']");
    if (!link) return;
    event.preventDefault();
    if (!link.dataset.show) return open(link.getAttribute("href").slice("#case-".length));
    clear();
    for (const [name, value] of Object.entries(JSON.parse(link.dataset.show))) form.elements[name].value = value;
    filter();
    document.getElementById("cases").scrollIntoView();
    count.focus({ preventScroll: true });
  }

  // --- one metric of the plots at a time

  function pick() {
    const chosen = document.getElementById("pick").value;
    for (const part of document.querySelectorAll("[data-metric]")) part.hidden = part.dataset.metric !== chosen;
  }

  if (form) {
    for (const { name, options } of data.filters) {
      for (const [value, label, n] of options) form.elements[name].append(el("option", { value }, `${label} (${n})`));
    }
    document.getElementById("noscript").remove();
    form.hidden = false;
    form.addEventListener("input", filter);
    document.getElementById("clear").addEventListener("click", () => {
      clear();
      filter();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    more.addEventListener("click", () => {
      const last = list.lastElementChild;
      draw();
      last?.nextElementSibling?.firstElementChild.focus();
    });
    document.addEventListener("click", follow);
    filter();
    if (location.hash.startsWith("#case-")) open(decodeURIComponent(location.hash.slice("#case-".length)));
  }
  const picker = document.getElementById("pick");
  if (picker) {
    picker.closest(".r-pick").hidden = false;
    picker.addEventListener("input", pick);
    pick();
  }
  document.documentElement.dataset.ready = "true";
  performance.mark("ready");
})();
