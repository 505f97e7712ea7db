import type { Ctx } from '../../kernel/context.ts'
import type { Grounds } from './cadence.ts'
import type { Standing } from './cadence.store.ts'
import type { Rules } from './policy.store.ts'

/** What the next contact of a customer follows from, by today's policy. */
export function groundsOf(ctx: Pick<Ctx, 'now'>, standing: Standing, { policy }: Rules): Grounds & { tier: string | undefined } {
  const { plan, tier, lastPurchaseAt } = standing
  const everyDays = tier === undefined ? undefined : (policy.cadenceDays[tier] ?? undefined)
  return {
    since: plan?.since ?? ctx.now,
    tier,
    everyDays,
    lastPurchaseAt,
    lastContactAt: plan?.lastContactAt,
    notBefore: plan?.notBefore,
    retryAt: plan?.retryAt,
    wantedAt: plan?.wanted?.[0]?.at,
  }
}
