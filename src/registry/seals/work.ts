import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Project } from '../../access/index.ts'
import { carryOn } from './change-rule.ts'
import { findDistribution } from './find-distribution.ts'
import { FIRST } from './rule-state.ts'
import { settleFile, type Settling } from './settle-file.ts'
import type { RuleState, SealedFile } from './store.ts'

/** What is done beside requests. */
export interface SealWork {
  /** Brings the rule of a project into force, unless that is under way. */
  begin(project: Project): void
  /** Goes on with what an earlier process left, and from then on with what falls due. */
  start(): void
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
  /** Ends what is under way between two files; a later `start` goes on with it. */
  stop(): Promise<void>
}

/** Files that fall due are looked for this often. */
const LOOK_EVERY_MS = 30_000
const DUE_AT_ONCE = 8
const PROJECTS_AT_ONCE = 100
/** After a failure of the server itself. */
const AFTER_FAILURE_MS = 3_600_000
/** The newest files of a project that a crash may have left unjudged: no more uploads run at a time. */
const NEWEST = 100

export function createSealWork(context: Settling): SealWork {
  const closing = new AbortController()
  const running = new Map<number, Promise<void>>()
  let looking: Promise<void> = Promise.resolve()
  const begin = (project: Project): void => {
    if (running.has(project.id)) return
    const run = carryOn(context, project, closing.signal)
      .catch((error: unknown) => context.log.failure('seals.rule-change', error, { project: project.path }))
      .finally(() => running.delete(project.id))
    running.set(project.id, run)
  }
  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running.values())
  }
  return {
    begin,
    idle,
    start: () => {
      looking = resume(context, begin, closing.signal)
        .then(() => watchDue(context, begin, closing.signal))
        .catch((error: unknown) => context.log.failure('seals.work', error, {}))
    },
    stop: async () => {
      closing.abort()
      await Promise.all([looking, idle()])
    },
  }
}

type Begin = (project: Project) => void

async function resume(context: Settling, begin: Begin, signal: AbortSignal): Promise<void> {
  await beginAgain(context, begin, signal)
  for await (const project of changing(context, 'in force')) {
    if (signal.aborted) return
    const state = await context.store.findRule(project.id)
    if (state?.phase === 'in force' && state.rule !== null) await renew(context, project, { state, begin })
  }
}

/** Changes of a rule that ended before they were done, with an earlier process or by a failure. */
async function beginAgain(context: Settling, begin: Begin, signal: AbortSignal): Promise<void> {
  for (const phase of ['narrowing', 'widening'] as const)
    for await (const project of changing(context, phase)) {
      if (signal.aborted) return
      begin(project)
    }
}

async function* changing(context: Settling, phase: RuleState['phase']): AsyncGenerator<Project> {
  for (let afterId = 0; ;) {
    const ids = await context.store.listChanging(phase, { afterId, limit: PROJECTS_AT_ONCE })
    for (const id of ids) {
      const project = await context.projectOf(id)
      if (project !== undefined) yield project
    }
    const last = ids.at(-1)
    if (last === undefined) return
    afterId = last
  }
}

interface Renewing {
  readonly state: RuleState
  readonly begin: Begin
}

/** Other trust roots are as another rule. With the same, what a crash left between row and verdict is judged now. */
async function renew(context: Settling, project: Project, { state, begin }: Renewing): Promise<void> {
  const { store, rootsSha256, clock } = context
  if (state.rootsSha256 !== rootsSha256) {
    const setAtMs = Math.max(clock.nowMs(), state.setAtMs + 1)
    await store.keepRule({
      ...state,
      next: state.rule,
      phase: 'narrowing',
      beforeId: FIRST,
      rootsSha256,
      setAtMs,
    })
    begin(project)
    return
  }
  for (const file of await store.listDistributions(project.id, { beforeId: FIRST, limit: NEWEST }))
    if ((await store.findSealed({ projectId: project.id, fileName: file.fileName })) === undefined)
      await settleFile(context, { project, file })
}

async function watchDue(context: Settling, begin: Begin, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const due = await context.store.listDue({ nowMs: context.clock.nowMs(), limit: DUE_AT_ONCE })
    for (const sealed of due) {
      if (signal.aborted) return
      await judgeDue(context, sealed)
      await nextTurn()
    }
    if (due.length > 0) continue
    await context.clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
    await beginAgain(context, begin, signal)
  }
}

/** One that fails must not stand in the way of the others. */
async function judgeDue(context: Settling, sealed: SealedFile): Promise<void> {
  try {
    const project = await context.projectOf(sealed.projectId)
    const file = project && (await findDistribution(context, project, sealed.fileName))
    if (project !== undefined && file !== undefined) await settleFile(context, { project, file })
    else await context.store.keepSealed({ ...sealed, dueAtMs: null })
  } catch (error) {
    context.log.failure('seals.judge', error, { fileName: sealed.fileName })
    await context.store.keepSealed({ ...sealed, dueAtMs: context.clock.nowMs() + AFTER_FAILURE_MS })
  }
}
