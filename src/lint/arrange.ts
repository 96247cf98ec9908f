import { textSources, type KnownVariables } from '../ciconfig/index.ts'
import type { LintRequest } from './project/read-project.ts'
import type { SituationRequest } from './project/read-pipeline.ts'

const REFS = [
  { kind: 'default-branch', name: 'main' },
  { kind: 'branch', name: 'feature' },
  { kind: 'tag', name: 'v1.0.0' },
] as const

/** A project of the files of an example, as the command reads it. */
export function requestOf(files: Readonly<Record<string, string>>): LintRequest {
  const of = (holds: (path: string) => boolean) =>
    Object.entries(files).flatMap(([path, text]) => (holds(path) ? [{ path, text }] : []))
  const path = '.gitlab-ci.yml'
  return {
    pipeline:
      files[path] === undefined
        ? undefined
        : { path, sources: textSources(new Map(Object.entries(files))), situations: REFS.map(situation) },
    pyproject: of((one) => one === 'pyproject.toml')[0],
    pages: of((one) => one.endsWith('.md')),
    policies: of((one) => one.endsWith('policy.toml')),
    unread: [],
    surroundings: {
      serverUrl: 'https://gitlab.example.com',
      projectPath: 'acme/demo',
      defaultBranch: 'main',
      isDefaultBranchKnown: true,
      isOriginKnown: true,
      nowMs: Date.parse('2026-12-01T00:00:00Z'),
      hasFile: (one) => Object.hasOwn(files, one),
    },
  }
}

function situation({ kind, name }: (typeof REFS)[number]): SituationRequest {
  const isTag = kind === 'tag'
  const values = {
    CI_SERVER_URL: 'https://gitlab.example.com',
    CI_PROJECT_PATH: 'acme/demo',
    CI_PROJECT_NAME: 'demo',
    CI_DEFAULT_BRANCH: 'main',
    CI_PIPELINE_SOURCE: 'push',
    CI_COMMIT_REF_NAME: name,
    CI_COMMIT_REF_PROTECTED: String(kind === 'default-branch'),
    ...(isTag ? { CI_COMMIT_TAG: name } : { CI_COMMIT_BRANCH: name }),
  }
  const variables: KnownVariables = {
    predefined: Object.entries(values).map(([key, value]) => ({ key, value })),
    project: [],
    pipeline: [],
  }
  return { kind, ref: `refs/${isTag ? 'tags' : 'heads'}/${name}`, variables }
}
