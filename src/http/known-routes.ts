interface Known {
  readonly method: string
  /** As OpenAPI writes it: `/pop3/messages/{n}`. */
  readonly path: string
}

/** What stands for everything else, which callers may make up without end. */
const OTHER = 'other'

/** The documented routes by what a request says: for labels, and for 405. */
export class KnownRoutes {
  readonly #routes: readonly { readonly pattern: RegExp; readonly path: string }[]
  readonly #methods = new Map<string, readonly string[]>()

  constructor(routes: readonly Known[]) {
    for (const { path, method } of routes) {
      const known = this.#methods.get(path) ?? []
      this.#methods.set(path, [...known, method.toUpperCase(), ...(method === 'get' ? ['HEAD'] : [])])
    }
    // OpenAPI 3.1 §4.8.8.2: concrete paths come before templated ones
    const paths = [...this.#methods.keys()].sort((a, b) => Number(a.includes('{')) - Number(b.includes('{')))
    this.#routes = paths.map((path) => ({ path, pattern: patternOf(path) }))
  }

  /** Each path with the methods that it has. */
  get methods(): ReadonlyMap<string, readonly string[]> {
    return this.#methods
  }

  /** The pattern of the route and its method: as many as there are routes, whatever callers say. */
  labelsOf(method: string, path: string): { readonly method: string; readonly route: string } {
    const route = this.#routes.find(({ pattern }) => pattern.test(path))?.path ?? OTHER
    const known = this.#methods.get(route) ?? ['GET', 'HEAD']
    return { route, method: known.includes(method) ? method : OTHER }
  }
}

/** As Express matches: in any case, with or without a slash at the end. */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{[a-z]+\}/g, '[^/]+')}/?$`, 'i')
}
