/** One visit, as root, in namespaces of its own. */
import { answerOrder } from '../in-namespaces.ts';
import { visit } from './visit.ts';
import type { VisitOrder, Visited } from './visit.ts';

await answerOrder<VisitOrder, Visited>(visit);
