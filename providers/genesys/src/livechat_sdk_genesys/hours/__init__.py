"""Opening hours by Architect's schedules, for the hook ``livechat_business_hours``."""
