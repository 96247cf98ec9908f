import { parseIsoTime } from '../../base/index.ts'

/** The last day of support of each release, from the Python Developer's Guide, "Status of Python versions". */
const UNTIL: Readonly<Record<string, string>> = {
  '2.7': '2020-01-01',
  '3.4': '2019-03-18',
  '3.5': '2020-09-30',
  '3.6': '2021-12-23',
  '3.7': '2023-06-27',
  '3.8': '2024-10-07',
  '3.9': '2025-10-31',
  '3.10': '2026-10-31',
  '3.11': '2027-10-31',
  '3.12': '2028-10-31',
  '3.13': '2029-10-31',
  '3.14': '2030-10-31',
}

/** The end of that day; undefined for a release that the table does not have. */
export function supportedUntilMs(release: string): number | undefined {
  const day = Object.hasOwn(UNTIL, release) ? UNTIL[release] : undefined
  return day === undefined ? undefined : parseIsoTime(`${day}T23:59:59Z`) * 1000
}
