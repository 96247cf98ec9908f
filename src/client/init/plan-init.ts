import { existsSync, statSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { PIPELINE_PATH, planFiles, suggestedName, type FileChange, type Target } from '../../init/index.ts'
import { clientErrors } from '../errors.ts'
import { gitFacts, type GitFacts } from '../lint/project-facts.ts'
import { chooseTarget, type TargetChoice } from './choose-target.ts'
import type { LintPorts } from '../lint/lint-here.ts'
import { examine, isBelowRepository, refuseBroken } from './examine.ts'
import { readProject } from './project-files.ts'

export interface InitOptions {
  readonly folder: string
  readonly choice: TargetChoice
  /** Of the package, where the project has none yet. */
  readonly name: string | undefined
  readonly isVendored: boolean
}

export interface InitPlan {
  /** Absolute, links resolved. */
  readonly folder: string
  readonly target: Target
  readonly why: string
  readonly changes: readonly FileChange[]
  /** How the pipeline includes the component already. */
  readonly included: string | undefined
  /** A repository of git: its files can be committed. */
  readonly isRepository: boolean
  /** What includes could not be read, and so was not looked at. */
  readonly unread: readonly string[]
}

/**
 * What init would change in a folder, and why. Writes nothing. Throws `client.no-project`, `client.init-file`, and what
 * `planFiles` throws.
 */
export async function planInit(options: InitOptions, ports: LintPorts): Promise<InitPlan> {
  const folder = await existing(options.folder)
  const [git, { facts, texts }] = await Promise.all([
    gitFacts(folder, ports.files),
    readProject(folder, ports.files),
  ])
  const { target, why } = chooseTarget(options.choice, git)
  if (target.kind !== 'local') refuseBelowTop(folder)
  const before = texts.has(PIPELINE_PATH) ? await examine({ folder, git, changes: [] }, ports) : undefined
  const { changes, included } = planFiles({
    facts,
    texts,
    names: namesOf(options, folder, git),
    target,
    isVendored: options.isVendored,
    pipeline: { stages: before?.stages ?? [], names: before?.names ?? new Set() },
    component: ports.shipped(),
  })
  await refuseBroken(before, { folder, git, changes }, ports)
  const isRepository = existsSync(join(folder, '.git'))
  return { folder, target, why, changes, included, isRepository, unread: before?.unread ?? [] }
}

async function existing(folder: string): Promise<string> {
  const place = resolve(folder)
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() === true) return realpath(place)
  throw clientErrors('client.no-project', `${place} is not a folder`)
}

function refuseBelowTop(folder: string): void {
  if (!isBelowRepository(folder, dirname(folder))) return
  throw clientErrors('client.no-project', `${folder} is below the top of its git repository`, {
    hint: 'GitLab reads .gitlab-ci.yml at the top only: include the component there, with the input directory',
  })
}

function namesOf({ name }: InitOptions, folder: string, { isOriginKnown, serverUrl, projectPath }: GitFacts) {
  const place = isOriginKnown ? (projectPath.split('/').at(-1) ?? '') : basename(folder)
  return {
    name: name ?? suggestedName(place) ?? place,
    homepage: isOriginKnown ? `${serverUrl}/${projectPath}` : undefined,
  }
}
