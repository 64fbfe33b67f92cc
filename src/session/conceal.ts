import type { Recorder } from '../transcript/recorder.ts'
import type { AuthWish } from './auth.ts'
import type { Target } from './target.ts'

/** The secrets of a login are known to the recorder before anything is said with them. */
export function conceal(recorder: Recorder, target: Target, wish: AuthWish): void {
  for (const known of [target.host, target.servername, wish.user]) recorder.permit(known)
  if (wish.credential !== undefined) recorder.secret(wish.credential.value.reveal())
}
