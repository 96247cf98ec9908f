import { join } from 'node:path'
import { userFolders } from '../host/index.ts'

export interface DataOption {
  readonly data?: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** `--data`, else `$WHEELSEAL_DATA`, else `default` in the user's data folder, where `npm start` has its `start`. */
export function dataFolder(options: DataOption, env: Environment = process.env): string {
  return options.data ?? env['WHEELSEAL_DATA'] ?? join(userFolders(env).data, 'default')
}

export const DATA_HELP = "data directory (default: $WHEELSEAL_DATA, else the user's data folder)"

/** Beside that of `wheelseal up`: a gate needs no instance. */
export function gateDataFolder({ data }: DataOption, env: Environment = process.env): string {
  return data ?? env['WHEELSEAL_GATE_DATA'] ?? join(userFolders(env).data, 'gate')
}
