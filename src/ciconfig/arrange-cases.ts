import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  textSources,
  type Address,
  type Changes,
  type KnownVariables,
  type Sources,
  type SourceText,
  type Variable,
} from './index.ts'

type ByName = Readonly<Record<string, string | Omit<Variable, 'key'> | null>>
/** By name, or a list where a name comes twice. */
type Values = ByName | readonly Variable[]

/** What `case.json` of a case may say; all of it may be absent. */
interface Written {
  /** Over the values of a push to main; null removes one. */
  readonly predefined?: ByName
  readonly project?: Values
  readonly groups?: Values
  readonly pipeline?: Values
  readonly changes?: readonly string[] | 'no-ref'
  /** Names of files beside those of the folder. */
  readonly paths?: readonly string[]
  readonly unexecuted?: 'refuse'
  /** `group/project`: a folder of the case below `projects/`. */
  readonly section?: string
}

export interface Case {
  readonly variables: KnownVariables
  readonly unexecuted: 'show' | 'refuse'
  readonly changes: Changes
  readonly paths: readonly string[]
}

const PUSH: Readonly<Record<string, string>> = {
  CI: 'true',
  GITLAB_CI: 'true',
  CI_PIPELINE_SOURCE: 'push',
  CI_COMMIT_BRANCH: 'main',
  CI_COMMIT_REF_NAME: 'main',
  CI_COMMIT_REF_SLUG: 'main',
  CI_COMMIT_REF_PROTECTED: 'true',
  CI_DEFAULT_BRANCH: 'main',
  CI_PROJECT_PATH: 'group/project',
}

export function readCase(folder: string): Case {
  const path = join(folder, 'case.json')
  const written: Written = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
  const { changes } = written
  return {
    variables: {
      predefined: variablesOf({ ...PUSH, ...written.predefined }),
      groups: variablesOf(written.groups ?? {}),
      project: variablesOf(written.project ?? {}),
      pipeline: variablesOf(written.pipeline ?? {}),
    },
    unexecuted: written.unexecuted ?? 'show',
    changes:
      changes === undefined
        ? { kind: 'all' }
        : changes === 'no-ref'
          ? { kind: 'no-ref' }
          : { kind: 'paths', paths: changes },
    paths: written.paths ?? [],
  }
}

function variablesOf(values: Values): readonly Variable[] {
  if (isList(values)) return values
  return Object.entries(values).flatMap(([key, value]) => {
    if (value === null) return []
    return [typeof value === 'string' ? { key, value } : { ...value, key }]
  })
}

function isList(values: Values): values is readonly Variable[] {
  return Array.isArray(values)
}

/** The files of the folder; other projects below `projects/`, templates below `templates/`, the web below `remote/`. */
export function caseSources(folder: string, { changes, paths }: Case): Sources {
  const names = globSync('**/*', { cwd: folder, withFileTypes: false }).concat('.gitlab-ci.yml')
  const texts = new Map<string, string>()
  for (const name of names) {
    if (['expected.json', 'case.json'].includes(name)) continue
    try {
      texts.set(name, readFileSync(join(folder, name), 'utf8'))
    } catch {
      // A folder.
    }
  }
  const here = textSources(texts)
  const answer = (path: string): SourceText => {
    const text = texts.get(path)
    return text === undefined ? { kind: 'absent' } : { kind: 'text', text }
  }
  return {
    read: async (address) =>
      pathOf(address) === undefined ? here.read(address) : readElsewhere(address, answer),
    paths: async (repository) => ({
      kind: 'paths',
      paths: (repository === null
        ? [...texts.keys(), ...paths]
        : below(texts, `projects/${repository.project}/`)
      ).toSorted(),
    }),
    changes: async () => changes,
  }
}

function below(texts: ReadonlyMap<string, string>, folder: string): readonly string[] {
  return [...texts.keys()].filter((name) => name.startsWith(folder)).map((name) => name.slice(folder.length))
}

function pathOf(address: Address): string | undefined {
  if (address.kind === 'template') return `templates/${address.name}`
  if (address.kind === 'remote') return `remote/${address.url.replace(/^https?:\/\//, '')}`
  if (address.kind === 'file')
    return address.repository === null ? undefined : `projects/${address.repository.project}/${address.path}`
  return `components/${address.address}.yml`
}

function readElsewhere(address: Address, answer: (path: string) => SourceText): SourceText {
  const found = answer(pathOf(address) ?? '')
  if (address.kind !== 'component' || found.kind === 'absent') return found
  const [path = '', version = ''] = address.address.split('@')
  const parts = path.split('/')
  const name = parts.at(-1) ?? ''
  return {
    ...found,
    place: {
      repository: { project: parts.slice(1, -1).join('/'), ref: version },
      path: `templates/${name}.yml`,
    },
    component: { name, sha: 'a'.repeat(40), version, reference: version },
  }
}
