import { cliErrors } from './errors.ts'

export interface NamedRelease {
  readonly name: string
  readonly version: string
}

export const RELEASE_ARGUMENT = '<name==version>'

/** As requirements have it. Throws `cli.release`. Whether both are what they should be, the registry says. */
export function parseRelease(text: string): NamedRelease {
  const [name = '', version = '', ...more] = text.split('==').map((part) => part.trim())
  if (name === '' || version === '' || more.length > 0)
    throw cliErrors('cli.release', `${JSON.stringify(text)} is not a package with one version`)
  return { name, version }
}
