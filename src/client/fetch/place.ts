import type { WheelsealError } from '../../base/index.ts'
import { fetchErrors } from '../../packaging/index.ts'
import type { Place } from './plan.ts'

export interface PlaceFlags {
  readonly indexUrl?: string
  readonly api?: string
  /** Id or GROUP/NAME. */
  readonly project?: string
}

/** Of GitLab's PyPI registry, on any host and below any path; its generic registry is beside it. */
const GITLAB_INDEX = /^(.+\/api\/v4)\/projects\/([^/]+)\/packages\/pypi\/simple$/
const PROJECT = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/

/** Where to look. Throws `packaging.index`. */
export function placeOf({ indexUrl, api, project }: PlaceFlags): Place {
  if (indexUrl !== undefined && api !== undefined)
    throw wrong('--index-url and --api cannot be used together', 'use only one of them')
  if (indexUrl !== undefined) return placeOfIndex(trimmed(indexUrl, '--index-url'))
  if (api === undefined) throw wrong('it is not said which index has the files')
  if (project === undefined) throw wrong('--api needs --project', 'add --project ID, or --project GROUP/NAME')
  if (!PROJECT.test(project)) throw wrong('--project must be the id of a project, or GROUP/NAME')
  return placeOfProject(trimmed(api, '--api'), project)
}

function placeOfIndex(indexUrl: string): Place {
  const [, api, segment] = GITLAB_INDEX.exec(indexUrl) ?? []
  if (api === undefined || segment === undefined) return { indexUrl }
  const project = decoded(segment)
  return PROJECT.test(project) ? { ...placeOfProject(api, project), indexUrl } : { indexUrl }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return ''
  }
}

function placeOfProject(api: string, project: string): Place {
  const packages = `${api}/projects/${encodeURIComponent(project)}/packages`
  const name = /^[0-9]+$/.test(project) ? undefined : project.split('/').at(-1)
  return {
    indexUrl: `${packages}/pypi/simple`,
    genericUrl: `${packages}/generic`,
    ...(name === undefined ? {} : { projectName: name }),
  }
}

function trimmed(text: string, flag: string): string {
  if (!URL.canParse(text)) throw wrong(`${flag} is not a URL`)
  const { protocol, username, password, search, hash } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') throw wrong(`${flag} is not an http or https URL`)
  if (username !== '' || password !== '')
    throw wrong(
      `${flag} contains credentials, which every process of this machine can read there`,
      'put the token into the variable WHEELSEAL_TOKEN, and leave it out of the URL',
    )
  if (search !== '' || hash !== '') throw wrong(`${flag} must have no query and no fragment`)
  return text.replace(/\/+$/, '')
}

function wrong(fact: string, hint?: string): WheelsealError {
  return fetchErrors('packaging.index', fact, hint === undefined ? {} : { hint })
}
