const MAX_CHARACTERS = 240

/** The bindings of a request that came through a server. */
interface StatusLine {
  readonly outgoing?: { statusMessage: string }
}

/**
 * Puts a sentence into the status line of the answer, where twine, pip, hatch and uv show it and often show nothing
 * else. The only place that does: a control character in a status line throws outside of every handler and ends the
 * process, and uv drops the whole at the first character that is not ASCII (RFC 9112 §4 has `reason-phrase`).
 */
export function sayInStatusLine(env: StatusLine | undefined, sentence: string): void {
  // A request that came through no server has no status line.
  if (env?.outgoing !== undefined) env.outgoing.statusMessage = reasonPhrase(sentence)
}

/** Printable ASCII on one line, begins and ends with no space, is never empty. */
export function reasonPhrase(sentence: string): string {
  const text = sentence
    .slice(0, 4 * MAX_CHARACTERS)
    .replaceAll(/[^!-~]+/g, (gap) => (/^\s+$/.test(gap) ? ' ' : gap.replaceAll(/[^ -~]/gu, '?')))
    .trim()
  if (text === '') return 'Error'
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS - 3).trimEnd()}...`
}
