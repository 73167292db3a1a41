// The page's own behaviour. Gradio runs this once, as the body of a function of
// (element, trigger, props, server, upload, watch); the server sends ready, escaped HTML.
//
// The conversation on the page is `turns`, oldest first; each question brings its history along.
// The server keeps it, unless it is told to keep none (`props.keeps`). A turn is
//   message   permanent name of the answer; marks are "<message>:<n>"
//   root      its first message: answered anew, a turn gets another message and stays the same turn
//   given     what it was asked under: as_of, topics, jurisdictions, and told, the answers to open
//             points, each {name, asked, shown}
//   profile   the values of what was told
//   state     working, answered, partly, declined, failed, stopped or interrupted
//   parts     key → element of the answer's parts
//   before    the turn as it was, while it is being answered anew in its place

const STRINGS = props.strings;
const LANGS = ["zh-Hans", "zh-Hant", "en"];
const PHONE = window.matchMedia("(max-width: 640px)");
const DARK = window.matchMedia("(prefers-color-scheme: dark)");
const SILENCE_MS = props.embedded ? 40000 : 90000; // longer without a word from the server counts as a lost connection

const turns = [];
let lang = firstLanguage();
let running = null; // the turn being answered
let silence = 0; // its timer
let opened = null; // the citation in the panel: "<message>:<n>"
let openedBy = null; // the mark that opened it
let editing = null; // the turn whose question is in the box

const $ = (selector) => element.querySelector(selector);
const conversation = $(".hg-conversation");
const hero = $(".hg-hero");
const scroller = $(".hg-scroll");
const panel = $(".hg-panel");
const panelBody = $(".hg-panel-body");
const backdrop = $(".hg-backdrop");
const form = $(".hg-composer");
const box = form.querySelector("textarea");
const sendButton = $(".hg-send");
const stopButton = $(".hg-stop");
const newButton = $(".hg-new");
const announcer = $("[data-announce]");

// A file is made of an answer that the server has kept.
element.classList.toggle("hg-keeps-none", !props.keeps);
