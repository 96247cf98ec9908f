import { failed, ok, type Check } from '../check.ts'
import { serviceName } from '../services.ts'
import { shownValue } from '../shown.ts'

/** Malformed files, contradictions and half a configuration are thrown, and are this check's failures. */
export const settingsCheck: Check = {
  name: 'settings',
  effectOf: [],
  look: async ({ io: { choices }, services }) => {
    const settings = await choices.settings()
    const [{ origins }, asked] = await Promise.all([choices.trust(), services()])
    const used = settings.flatMap((group) =>
      Object.entries(group).map(([name, { value, from }]) => `${name} = ${shownValue(value)} (${from})`),
    )
    const trust = origins
      .filter(({ from }) => from === 'default')
      .map(({ name, value }) => `${name} = ${value} (default)`)
    const urls = asked.map(({ kind, url, from }) => `${serviceName(kind)}: ${shownValue(url)} (${from})`)
    const wrong = asked.find(({ url }) => !URL.canParse(url))
    if (wrong !== undefined)
      return [
        failed({
          fact: `${wrong.from} is not a URL: ${shownValue(wrong.url)}`,
          next: `set ${wrong.from} to an http:// or https:// URL`,
        }),
      ]
    const count = used.length === 1 ? '1 setting' : `${used.length} settings`
    return [ok(`${count} without flags`, [...used, ...trust, ...urls])]
  },
}
