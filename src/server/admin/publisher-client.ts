import type { Call } from './call.ts'

/** What commands ask about publishing: requests to `http/publishers.ts` and `http/generic-admin.ts`. */
export interface PublisherAdmin {
  addPublisher(project: string, rule: PublisherInput): Promise<PublisherLine & { readonly audience: string }>
  publishers(
    project: string,
  ): Promise<{ readonly audience: string; readonly publishers: readonly PublisherLine[] }>
  removePublisher(project: string, id: number): Promise<void>
  /** Whether generic files of a project may come again with other content. */
  duplicates(project: string): Promise<DuplicatesSetting>
  setDuplicates(project: string, generic: DuplicatesSetting['generic']): Promise<DuplicatesSetting>
}

interface DuplicatesSetting {
  readonly generic: 'allowed' | 'refused'
}

/** What is left out is of the server and of the project itself. */
export interface PublisherInput {
  readonly issuer?: string | undefined
  readonly project_path?: string | undefined
  readonly project_id?: string | undefined
  readonly ref: string
  readonly config_file?: string | undefined
}

export interface PublisherLine {
  readonly id: number
  readonly issuer: string
  readonly project_path: string
  /** Null until the first token shows it. */
  readonly project_id: string | null
  readonly ref: string
  readonly config_file: string
  /** ISO 8601, UTC. */
  readonly created_at: string
}

export function createPublisherClient(call: Call): PublisherAdmin {
  const below = (project: string, name: string): string =>
    `/admin/projects/${encodeURIComponent(project)}/${name}`
  return {
    addPublisher: (project, rule) => call('POST', below(project, 'publishers'), rule),
    publishers: (project) => call('GET', below(project, 'publishers')),
    removePublisher: (project, id) => call('DELETE', `${below(project, 'publishers')}/${id}`),
    duplicates: (project) => call('GET', below(project, 'duplicates')),
    setDuplicates: (project, generic) => call('PUT', below(project, 'duplicates'), { generic }),
  }
}
