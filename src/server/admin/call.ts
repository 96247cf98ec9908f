export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** One request to the administration. Throws the failure that it answers. */
export type Call = <T>(method: Method, path: string, body?: object) => Promise<T>
