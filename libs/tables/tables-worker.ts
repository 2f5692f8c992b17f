import type { MaskingProfile } from '#contracts';
import { compileTables } from '#redaction';
import { answerOrders } from '#threads';

answerOrders((profile: MaskingProfile) => compileTables(profile));
