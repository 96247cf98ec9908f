/** As GitLab counts (chronic_duration): a month has 30 days, a year 365.25. */
const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  mo: 2_592_000,
  y: 31_557_600,
}

/** Longer than anything that is meant, and still a safe number of milliseconds. */
const MAX_SECONDS = 100 * 31_557_600

/** Of a text that planning has accepted: `3 hours 30 minutes`, `1w2d`; null: `never`. */
export function durationSeconds(text: string): number | null {
  if (/^never$/i.test(text)) return null
  let seconds = 0
  for (const [, figure = '0', unit = 's'] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)/gi))
    seconds += Number(figure) * (SECONDS[unitOf(unit)] ?? 1)
  return Math.min(Math.floor(seconds), MAX_SECONDS)
}

/** `mo` and `months` are months, `m` and `mins` minutes. */
function unitOf(word: string): string {
  const lower = word.toLowerCase()
  return lower.startsWith('mo') ? 'mo' : lower.slice(0, 1)
}
