const UTC = new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC', dateStyle: 'short', timeStyle: 'medium' })

/** `YYYY-MM-DDTHH:MM:SSZ`: of one length, so that these texts compare as the times do. */
export function tufTime(seconds: number): string {
  return `${UTC.format(Math.floor(seconds) * 1000).replace(' ', 'T')}Z`
}
