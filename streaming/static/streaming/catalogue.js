// The catalogue's search, as one types. Without it the form asks the server.

const field = document.querySelector(".finder input");
const count = document.querySelector("[data-count] b");
const nothing = document.querySelector("[data-nothing]");
const cards = [...document.querySelectorAll("[data-text]")];
const sections = [...document.querySelectorAll("section[data-link]")];

/** Every word has to be somewhere in what is known of an entry. */
function filter() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const card of cards) {
    card.hidden = !words.every((word) => card.dataset.text.includes(word));
    if (!card.hidden) found += 1;
  }
  for (const section of sections) {
    section.hidden = !section.querySelector("li:not([hidden])");
    document.querySelector(`a[href="#${section.dataset.link}"]`).hidden = section.hidden;
  }
  count.textContent = found;
  nothing.hidden = found > 0;
}

/** The address keeps the search, so that it can be shared, and is there after going back. */
function remember() {
  const query = field.value.trim();
  history.replaceState(null, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
}

field.addEventListener("input", () => {
  filter();
  remember();
});
field.form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input")) return;
  event.preventDefault();
  field.focus();
});
filter();
