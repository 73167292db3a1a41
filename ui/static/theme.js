// Runs before the first paint: the theme that was chosen, else the system's; and whether the page of
// evaluators is shown in the navigation, for whoever has signed in there with this browser.
(() => {
  let chosen = null;
  let evaluates = null;
  try {
    chosen = window.localStorage.getItem("hugang.theme");
    evaluates = window.localStorage.getItem("hugang.evaluates");
  } catch {
    // private windows may refuse storage
  }
  const dark = chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("dark", dark);
  document.documentElement.classList.toggle("hg-evaluates", evaluates === "yes");
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
})();
