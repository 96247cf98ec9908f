import { printable } from '../../base/index.ts'

const MAX_LENGTH = 300

/** A value of the environment or of a file, as it may be shown: a URL without user, password and query. */
export function shownValue(value: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value) || !URL.canParse(value))
    return printable(value, { maxLength: MAX_LENGTH })
  const { protocol, host, pathname, username, password, search } = new URL(value)
  const isHidden = username !== '' || password !== '' || search !== ''
  const shown = `${protocol}//${host}${pathname === '/' ? '' : pathname}`
  const more = isHidden ? ' (credentials and query not shown)' : ''
  return printable(shown + more, { maxLength: MAX_LENGTH })
}

/** `3 s`, `4 min 3 s`, `1 h 4 min`, `12 days`: to two figures, rounded. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  if (seconds < 600) return joined([Math.floor(seconds / 60), 'min'], [seconds % 60, 's'])
  const minutes = Math.round(seconds / 60)
  if (minutes < 1_440) return joined([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min'])
  return joined([Math.floor(minutes / 1_440), 'd'], [Math.floor(minutes / 60) % 24, 'h'])
}

type Part = readonly [count: number, unit: string]

function joined(...parts: readonly Part[]): string {
  return parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count} ${unit}`])).join(' ')
}
