/** Of things that a job decides how many there are: more are neither remembered nor said. */
const MAX_SAID = 100

export interface SaidOnce {
  /** `text` where nothing was said about `subject` yet. */
  say(subject: string, text: string): void
}

export function sayOnce(write: (text: string) => void): SaidOnce {
  const said = new Set<string>()
  return {
    say: (subject, text) => {
      if (said.has(subject) || said.size > MAX_SAID) return
      said.add(subject)
      write(said.size > MAX_SAID ? 'more hosts were asked for; they are not listed here' : text)
    },
  }
}
