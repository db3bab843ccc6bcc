// In which language this page speaks: the service has chosen it from what was tapped here before, or from the
// browser's own languages, and has written it into the page.

export const LANGUAGES = ["en", "es"];
export const language = LANGUAGES.includes(document.documentElement.lang) ? document.documentElement.lang : LANGUAGES[0];
const A_YEAR_S = 365 * 24 * 3600;

/** The next of the languages, for this browser and everybody who uses it. */
export function switchLanguage() {
  const next = LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length];
  document.cookie = `kap-language=${next}; path=/; max-age=${A_YEAR_S}; samesite=strict`;
  location.reload();
}
