// How the page says things. Nothing here touches the page.

const NEW_YORK = "America/New_York";
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const count = (value) => Number(value ?? 0).toLocaleString("en-US");

/** "4.2 s", "3 min 05 s", "2 h 07 min": as the server says it. */
export function span(seconds) {
  const whole = Math.round(seconds);
  const two = (value) => String(value).padStart(2, "0");
  if (seconds < 59.95) return `${Math.max(seconds, 0).toFixed(1)} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** Time until a moment, coarse: "in 3 h 12 min", "in 2 days", "now". */
export function until(ms) {
  const minutes = Math.floor(ms / 60000);
  if (ms <= 0) return "now";
  if (minutes < 1) return "in less than a minute";
  if (minutes < 60) return `in ${minutes} min`;
  if (minutes < 48 * 60) return `in ${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `in ${Math.floor(minutes / 1440)} days`;
}

/** " = 02:30 in Berlin", empty for those who live by New York's clock. */
export function here(iso) {
  const clock = (timeZone) =>
    new Date(iso).toLocaleString("en-GB", { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit" });
  if (clock(HERE) === clock(NEW_YORK)) return "";
  const place = HERE === "UTC" ? "UTC" : `in ${HERE.split("/").at(-1).replaceAll("_", " ")}`;
  return ` = ${clock(HERE)} ${place}`;
}

export const clockNow = () =>
  new Date().toLocaleTimeString("en-GB", { timeZone: NEW_YORK });

/** "12 of 505, 1 failed · 3,400 rows". */
export function counts({ done, total, failed, rows }) {
  if (!total) return "";
  const bad = failed ? `, ${count(failed)} failed` : "";
  return `${count(done)} of ${count(total)}${bad}${rows ? ` · ${count(rows)} rows` : ""}`;
}

/** " · 40.5/s · 12.3 s left", from what is left and how long that takes. */
export function pace({ done, total, failed, eta_seconds: eta }) {
  const left = total - done - failed;
  if (!(eta > 0) || left <= 0) return "";
  const rate = (left / eta).toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return ` · ${rate}/s · ${span(eta)} left`;
}

const REFUSALS = {
  401: "You have been signed out. Sign in again, then retry.",
  403: "Refused",
  404: "Nothing to do",
  409: "Not begun",
  422: "Not accepted",
};

/** An answer of the API in words. */
export function answer(status, body, done) {
  if (status >= 200 && status < 300) return done ?? sentence(body.message ?? "Done");
  const detail = body.detail ? sentence(body.detail) : "";
  if (status === 401) return REFUSALS[401];
  const refused = status >= 500 ? `Nothing is known to have been done (${status})` : `Refused (${status})`;
  return [REFUSALS[status] ?? refused, detail].filter(Boolean).join(": ");
}

export const UNREACHABLE =
  "The server does not answer, so nothing is known to have begun. Look at the status once it is back, then try again.";

/** With a capital letter and a full stop. */
export function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?)]$/.test(whole) ? whole : `${whole}.`;
}
