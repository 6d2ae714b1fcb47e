import type { ActionDefinition } from "../definition.ts";
import { internal } from "./write.ts";

/** `club_assing_ownership` is Antavo's own spelling. */
export const clubActions: readonly ActionDefinition[] = [
	internal("club_create", "Club created"),
	internal("club_member_join", "Club joined"),
	internal("club_member_remove", "Removed from the club"),
	internal("club_member_ban", "Banned from the club"),
	internal("club_member_unban", "Ban from the club lifted"),
	internal("club_applicant_accept", "Club applicant accepted"),
	internal("club_applicant_ban", "Club applicant banned"),
	internal("club_applicant_refuse", "Club applicant refused"),
	internal("club_assing_ownership", "Club ownership assigned"),
	internal("club_revoke_ownership", "Club ownership revoked"),
	internal("club_disband", "Club disbanded"),
	internal("club_detail_change", "Club details changed"),
	internal("club_point_add", "Club points added"),
	internal("club_point_remove", "Club points removed"),
	internal("club_point_donation", "Points donated to the club"),
];
