const LABEL = '[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?'
const HOST_NAME = new RegExp(String.raw`^(?:${LABEL}\.)*(?=[^.]*[a-z])${LABEL}$`)
const MAX_LENGTH = 253

/** The one spelling of a host name: lower case, no stop at the end. Undefined for addresses and what is no name. */
export function hostName(text: string): string | undefined {
  const name = text.toLowerCase()
  return name.length <= MAX_LENGTH && HOST_NAME.test(name) ? name : undefined
}
