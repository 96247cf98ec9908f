import type { Context } from 'hono'
import { accessErrors, type Access, type Group, type Principal, type Project } from '../access/index.ts'
import { identify, readProjectId, unauthenticated } from './authenticate.ts'
import { readCredential } from './credential.ts'
import { noteOnRequest } from './request-log.ts'
import type { Bindings, Right } from './route.ts'

/** A group as who asks may read it. */
export interface ReadableGroup {
  readonly id: number
  readonly path: string
  /** Those in it and in its subgroups whose packages who asks may read, by id. */
  projects(): AsyncIterable<Project>
  /** Undefined for one that is not among `projects`. */
  project(id: number): Promise<Project | undefined>
}

/**
 * The group `:id` of the path, for who may see it. Throws `access.unauthenticated` to who sent no good credential,
 * whether or not there is such a group, and `access.unknown-group` to who may not see it.
 */
export function groupReader(access: Access): Right<ReadableGroup> {
  return { name: 'read_packages', admit: (context) => admit(context, access) }
}

async function admit(context: Context<Bindings>, access: Access): Promise<ReadableGroup> {
  const asked = context.req.param('id') ?? ''
  noteOnRequest(context, { project: asked })
  const credential = readCredential(context, { takesJobTokenHeader: false })
  const principal = await identify(context, { access, credential, kind: 'packages' })
  const group = await access.findGroup(readProjectId(asked))
  if (group !== undefined && (await access.maySeeGroup(principal, group)))
    return readable(access, principal, group)
  if (principal.kind === 'anonymous') throw unauthenticated(credential, context.req.header('job-token'))
  throw accessErrors('access.unknown-group', 'the group does not exist, or this credential may not see it')
}

function readable(access: Access, principal: Principal, { id, path }: Group): ReadableGroup {
  const find = async (projectId: number): Promise<Project | undefined> => {
    const project = await access.findProject(projectId)
    if (project === undefined || !project.path.startsWith(`${path}/`)) return undefined
    return (await access.may(principal, 'read_packages', project)) ? project : undefined
  }
  return {
    id,
    path,
    project: find,
    async *projects() {
      for (const projectId of await access.projectsBelow(path)) {
        const project = await find(projectId)
        if (project !== undefined) yield project
      }
    },
  }
}
