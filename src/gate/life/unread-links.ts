import { shownText } from '../sentence-text.ts'
import type { PageAnswer, UnreadLinks } from '../upstream.ts'
import type { GateParts, GateUpstream } from './parts.ts'

/** Which pages had links that could not be read when they last came, as long as the process lives. */
export interface UnreadPages {
  came(upstream: GateUpstream, name: string, answer: PageAnswer): void
  /** A sentence; undefined where all could be read. */
  sentenceFor(upstream: GateUpstream, name: string): string | undefined
  /** For the operator: the first few of an upstream, and how many more there are. */
  sentences(upstream: GateUpstream): readonly string[]
}

const MAX_NAMES = 10_000
const MAX_SHOWN = 3
/** Of what is wrong with a link. */
const MAX_TEXT = 200

export function createUnreadPages({ log, name: gate }: GateParts): UnreadPages {
  const pages = new Map<string, Map<string, UnreadLinks>>()
  const of = ({ key }: GateUpstream): Map<string, UnreadLinks> => {
    const known = pages.get(key) ?? new Map<string, UnreadLinks>()
    pages.set(key, known)
    return known
  }
  const sentence = (upstream: GateUpstream, name: string, { count, first }: UnreadLinks): string => {
    const links = count === 1 ? '1 link' : `${count} links`
    const which = count === 1 ? '' : 'the first: '
    return `${links} on the page of ${name} at ${upstream.name} could not be read (${which}${shownText(first, MAX_TEXT)})`
  }
  return {
    came: (upstream, name, answer) => {
      if (answer.kind === 'unchanged') return
      const known = of(upstream)
      known.delete(name)
      const unread = answer.kind === 'page' ? answer.unread : undefined
      if (unread === undefined) return
      if (known.size >= MAX_NAMES) known.clear()
      known.set(name, unread)
      const { count, reason } = unread
      log.event('gate.links-unread', { gate, upstream: upstream.name, name, count, reason }, 'warn')
    },
    sentenceFor: (upstream, name) => {
      const unread = of(upstream).get(name)
      return unread && sentence(upstream, name, unread)
    },
    sentences: (upstream) => {
      const known = of(upstream)
      const shown = [...known].slice(0, MAX_SHOWN).map(([name, one]) => sentence(upstream, name, one))
      const left = known.size - shown.length
      return left === 0 ? shown : [...shown, `and so it is on ${left} more pages of ${upstream.name}`]
    },
  }
}
