import type { DestinationStream } from 'pino'
import { printableJson, type Log, type LogLevel } from '../base/index.ts'

/** One JSON object a line on standard error, or on the stream that is handed in. */
export async function jsonLog(destination?: DestinationStream, level: LogLevel = 'info'): Promise<Log> {
  // Not at the top: one command of all logs.
  const { pino } = await import('pino')
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  const stream = destination ?? pino.destination(2)
  // Names and paths of strangers stand in events, and people read them on a terminal.
  const logger = pino(options, { write: (line) => stream.write(printableJson(line)) })
  return {
    event: (event, fields, severity = 'info') => logger[severity]({ event, ...fields }),
    failure: (event, error, fields) => logger.error({ event, ...fields, err: error }),
  }
}

export const silentLog: Log = { event: () => undefined, failure: () => undefined }
