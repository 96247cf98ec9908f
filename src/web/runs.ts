import type { Context } from 'hono'
import type { Access, Principal, Project } from '../access/index.ts'
import { WheelsealError } from '../base/index.ts'
import { noteOnRequest, type Bindings } from '../http/index.ts'
import type { PipelineListing } from '../pipelines/index.ts'
import { sendPage } from './answers.ts'
import { document, type Frame } from './layout.ts'
import type { Markup } from './markup.ts'
import { missingPage } from './pages.ts'
import { jobPage, pipelinePage, pipelinesPage, type LogView } from './run-pages.ts'

const PER_PAGE = 20
const MAX_PAGE = 500
/** Of a longer log the end is shown; the whole is a link. */
const SHOWN_LOG_BYTES = 256 << 10

export interface RunParts {
  readonly access: Access
  readonly listing: PipelineListing
}

export interface RunAsked {
  readonly project: Project | undefined
  readonly visitor: Principal
  /** What stands after `/-/` in the path. */
  readonly rest: string
  readonly frame: Frame
}

/** What stands after `/-/` in the paths of these pages. */
export const RUN_PATH = /^(pipelines|jobs)(?:\/([1-9][0-9]{0,14}))?$/

/** `/-/pipelines`, `/-/pipelines/ID`, `/-/jobs/ID` of a project; all else, and what may not be read, is not there. */
export async function showRun(
  context: Context<Bindings>,
  asked: RunAsked,
  parts: RunParts,
): Promise<Response> {
  const { visitor, frame } = asked
  const page = await runPage(context, asked, parts)
  if (page !== undefined) return sendPage(context, document({ ...frame, ...page }, page.main), { visitor })
  noteOnRequest(context, { code: 'access.unknown-project', reason: 'the visitor may not read it' })
  return sendPage(context, missingPage(frame), { visitor, status: 404 })
}

interface Page {
  readonly title: string
  readonly main: Markup
}

async function runPage(
  context: Context<Bindings>,
  { project, visitor, rest, frame }: RunAsked,
  { access, listing }: RunParts,
): Promise<Page | undefined> {
  if (project === undefined || !(await access.may(visitor, 'read_pipelines', project))) return undefined
  const [, kind, digits = ''] = RUN_PATH.exec(rest) ?? []
  const id = Number(digits)
  if (kind === 'pipelines' && digits === '') return pipelineList(context, { project, frame, listing })
  if (kind === undefined || digits === '') return undefined
  const one = { project, id, frame, listing }
  return await (kind === 'pipelines' ? onePipeline(one) : oneJob(one)).catch(notThere)
}

interface OneAsked {
  readonly project: Project
  readonly id: number
  readonly frame: Frame
  readonly listing: PipelineListing
}

async function onePipeline({ project, id, frame, listing }: OneAsked): Promise<Page> {
  const shown = await listing.pipeline(project.id, id)
  return { title: `Pipeline #${id} · ${project.path}`, main: pipelinePage(project, shown, frame) }
}

async function oneJob({ project, id, frame, listing }: OneAsked): Promise<Page> {
  const shown = await listing.job(project.id, id)
  const log = await readLog(listing, id)
  return {
    title: `${shown.job.plan.name} · ${project.path}`,
    main: jobPage(project, shown, { ...frame, log }),
  }
}

function notThere(error: unknown): undefined {
  if (error instanceof WheelsealError && error.code === 'pipelines.unknown') return undefined
  throw error
}

async function pipelineList(
  context: Context<Bindings>,
  {
    project,
    frame,
    listing,
  }: { readonly project: Project; readonly frame: Frame; readonly listing: PipelineListing },
): Promise<Page> {
  const asked = context.req.query('page') ?? '1'
  const page = /^[1-9][0-9]{0,2}$/.test(asked) ? Math.min(Number(asked), MAX_PAGE) : 1
  const slice = {
    orderBy: 'id',
    direction: 'desc',
    offset: (page - 1) * PER_PAGE,
    limit: PER_PAGE + 1,
  } as const
  const rows = await listing.pipelines(project.id, {}, slice)
  const nextPage = rows.length > PER_PAGE && page < MAX_PAGE ? page + 1 : undefined
  const view = { project, pipelines: rows.slice(0, PER_PAGE), nextPage }
  return { title: `Pipelines · ${project.path}`, main: pipelinesPage(view, frame) }
}

/** No more than is shown is read. A character that the cut goes through is shown as one that is broken. */
async function readLog(listing: PipelineListing, jobId: number): Promise<LogView> {
  const size = await listing.traceSize(jobId)
  const start = Math.max(size - SHOWN_LOG_BYTES, 0)
  const parts: Uint8Array[] = []
  let length = 0
  if (size > 0)
    for await (const part of listing.readTrace(jobId, start)) {
      parts.push(part)
      length += part.length
      if (length >= SHOWN_LOG_BYTES) break
    }
  const text = Buffer.concat(parts).subarray(0, SHOWN_LOG_BYTES).toString()
  return { text: start === 0 ? text : text.slice(text.indexOf('\n') + 1), size, isWhole: start === 0 }
}
