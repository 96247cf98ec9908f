import { httpErrors } from './errors.ts'

/** How a page of the simple index may be written (PEP 691): its media type, and the format behind it. */
export interface SimpleMedia {
  readonly contentType: string
  readonly format: 'json' | 'html'
  /** Stands in the entity tag: a page in one media type is never taken for that in another. */
  readonly tag: string
}

const JSON_MEDIA: SimpleMedia = {
  contentType: 'application/vnd.pypi.simple.v1+json',
  format: 'json',
  tag: 'j',
}
const HTML_MEDIA: SimpleMedia = {
  contentType: 'application/vnd.pypi.simple.v1+html; charset=utf-8',
  format: 'html',
  tag: 'v',
}
const TEXT_MEDIA: SimpleMedia = { contentType: 'text/html; charset=utf-8', format: 'html', tag: 'h' }

interface Offer {
  readonly media: SimpleMedia
  /** From the one that a client means by name to the one that means everything. */
  readonly ranges: readonly (readonly string[])[]
}

/** The first of two that a client likes alike and names alike is taken. */
const OFFERS: readonly Offer[] = [
  { media: JSON_MEDIA, ranges: rangesOf('json') },
  { media: HTML_MEDIA, ranges: rangesOf('html') },
  { media: TEXT_MEDIA, ranges: [['text/html'], ['text/*'], ['*/*']] },
]

function rangesOf(format: string): Offer['ranges'] {
  const named = ['v1', 'latest'].map((version) => `application/vnd.pypi.simple.${version}+${format}`)
  return [named, ['application/*'], ['*/*']]
}

/** A client names three or four; a browser eight. */
const MAX_RANGES = 64
const MAX_HEADER_LENGTH = 4096

/**
 * What a client's `Accept` likes best of what a page can be (RFC 9110 §12.5.1). Without one, or where it takes anything,
 * that is plain HTML, as it was before there was JSON. Throws `http.not-acceptable`.
 */
export function chooseMedia(accept: string | undefined): SimpleMedia {
  if (accept === undefined || accept.trim() === '') return TEXT_MEDIA
  if (accept.length > MAX_HEADER_LENGTH) throw notAcceptable('the header Accept is too long')
  const qualities = readAccept(accept)
  let best: Liking | undefined
  for (const offer of OFFERS) {
    const liking = likingOf(offer, qualities)
    if (liking.quality > 0 && (best === undefined || isMore(liking, best))) best = liking
  }
  if (best === undefined) throw notAcceptable('no media type of the header Accept is one of a simple index')
  return best.media
}

function notAcceptable(fact: string): Error {
  return httpErrors('http.not-acceptable', fact)
}

interface Liking {
  readonly media: SimpleMedia
  readonly quality: number
  /** 0 for what is named, more for what a wildcard stands for. */
  readonly vagueness: number
}

/** The closest range counts, be its quality higher or lower than that of a wider one. */
function likingOf({ media, ranges }: Offer, qualities: ReadonlyMap<string, number>): Liking {
  for (const [vagueness, names] of ranges.entries()) {
    const given = names.flatMap((name) => qualities.get(name) ?? [])
    if (given.length > 0) return { media, quality: Math.max(...given), vagueness }
  }
  return { media, quality: 0, vagueness: ranges.length }
}

/** Of what only a wildcard for everything names, the oldest format is the safest answer. */
function isMore(one: Liking, other: Liking): boolean {
  if (one.quality !== other.quality) return one.quality > other.quality
  if (one.vagueness !== other.vagueness) return one.vagueness < other.vagueness
  return one.vagueness === 2
}

/** Ranges by name, each with its highest quality. What is malformed names nothing. */
export function readAccept(header: string): ReadonlyMap<string, number> {
  const qualities = new Map<string, number>()
  for (const item of header.split(',', MAX_RANGES)) {
    const [range = '', ...parameters] = item.split(';')
    const name = range.trim().toLowerCase()
    const quality = readQuality(parameters)
    if (quality !== undefined) qualities.set(name, Math.max(quality, qualities.get(name) ?? 0))
  }
  return qualities
}

function readQuality(parameters: readonly string[]): number | undefined {
  const given = parameters.map((parameter) => /^\s*q\s*=(.*)$/i.exec(parameter)?.[1]?.trim())
  const text = given.find((value) => value !== undefined)
  if (text === undefined) return 1
  return /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : undefined
}
