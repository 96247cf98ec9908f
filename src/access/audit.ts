import { WheelsealError, type Clock } from '../base/index.ts'

/** What was asked of an instance by somebody who may do everything, and how it ended. Never a secret. */
export interface AuditRow {
  readonly id: number
  readonly atMs: number
  /** `subject.verb`, such as `id-token.mint`. */
  readonly action: string
  readonly details: Readonly<Record<string, string>>
  readonly outcome: AuditOutcome
}

/**
 * `refused` changed nothing. `failed` broke on the way and may have been done in part. `unknown` is what nobody saw end:
 * the process died, or a version before this one wrote the row. `code` is that of the error.
 */
export type AuditOutcome =
  | { readonly kind: 'done' | 'unknown' }
  | { readonly kind: 'refused' | 'failed'; readonly code: string }

/** Every write is durable when it resolves. A row gets its outcome once, and nothing else of it ever changes. */
export interface AuditStore {
  /** The row's outcome is `unknown`. */
  add(row: Omit<AuditRow, 'id' | 'outcome'>): Promise<{ readonly id: number }>
  /** Changes nothing where the row has an outcome already. */
  settle(id: number, outcome: AuditOutcome): Promise<void>
  /** By id, from the first one after `afterId`. */
  list(page: { readonly afterId: number; readonly limit: number }): Promise<readonly AuditRow[]>
}

/** The audit trail. */
export interface Audit {
  /**
   * Does it, with a row that stands before it begins and says afterwards how it ended. Nothing is done without a row,
   * and no row calls done what was refused. Resolves and throws as `act` does.
   */
  audited<T>(asked: Pick<AuditRow, 'action' | 'details'>, act: () => Promise<T>): Promise<T>
  list: AuditStore['list']
}

export function createAudit({ store, clock }: { readonly store: AuditStore; readonly clock: Clock }): Audit {
  return {
    audited: async (asked, act) => {
      const { id } = await store.add({ atMs: clock.nowMs(), ...asked })
      let result
      try {
        result = await act()
      } catch (error) {
        // What failed is what the caller must hear, even where the trail cannot say it.
        await store.settle(id, outcomeOf(error)).catch(() => undefined)
        throw error
      }
      await store.settle(id, { kind: 'done' })
      return result
    },
    list: (page) => store.list(page),
  }
}

function outcomeOf(error: unknown): AuditOutcome {
  if (!(error instanceof WheelsealError)) return { kind: 'failed', code: 'http.internal' }
  return { kind: error.status < 500 ? 'refused' : 'failed', code: error.code }
}
