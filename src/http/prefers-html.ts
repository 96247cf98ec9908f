import { readAccept } from './simple-media.ts'

const HTML = ['text/html', 'application/xhtml+xml']
/** What an installer or a command asks for; or does not care about. */
const PROGRAMS = /^(?:application\/(?:json|problem\+json|vnd\..*|octet-stream|\*)|\*\/\*)$/
const MAX_HEADER_LENGTH = 4096

/** Whether a person reads the answer: HTML is named, and nothing that programs ask for is liked as much (RFC 9110 §12.5.1). */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined || accept.length > MAX_HEADER_LENGTH) return false
  const given = [...readAccept(accept)]
  const bestOf = (fits: (name: string) => boolean): number =>
    given.reduce((best, [name, quality]) => (fits(name) ? Math.max(best, quality) : best), 0)
  return bestOf((name) => HTML.includes(name)) > bestOf((name) => PROGRAMS.test(name))
}
