"""Types of the fields readable over RPC, as described by ``fields_get``.

Source: ``fields_get`` on live Odoo 14 and 19. Entries that exist only in versions in between, or in 20, are marked †.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ATTRIBUTES", "MODELS_FOR_ALL", "MODEL_NAMES", "SELECTIONS", "TYPES", "FieldType"]


class FieldType(NamedTuple):
    """A field's type.

    Attributes:
        type: Odoo's name for the type.
        string: the field's label.
        relation: the target model, under its name in Odoo 19; empty if there is none.
        flags: which of ``readonly``, ``required`` and ``store`` are set.
    """

    type: str
    string: str
    relation: str = ""
    flags: str = "store"


ATTRIBUTES: dict[int, tuple[str, ...]] = {
    14: ("type", "string", "relation", "readonly", "required", "store", "selection")
}
ATTRIBUTES[15] = (*ATTRIBUTES[14], "name")
"""Attributes that ``fields_get`` returns for a field."""

MODELS_FOR_ALL: dict[int, bool] = {14: True, 15: False}
"""Whether employees may read ``ir.model``; otherwise only administrators may.

Observed on live Odoo 14 and 19 servers, † in between.
"""

SELECTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "channel_type": (("chat", "Chat"), ("channel", "Channel"), ("group", "Group")),
    "custom_notifications": (("all", "All Messages"), ("mentions", "Mentions Only"), ("no_notif", "Nothing")),
    "message_type": (
        ("email", "Incoming Email"), ("comment", "Comment"), ("notification", "System notification"),
        ("user_notification", "User Specific Notification"),
    ),
    "notification_type": (("email", "By Emails"), ("inbox", "In Odoo")),
    "public": (("public", "Everyone"), ("private", "Invited people only"), ("groups", "Selected group of users")),
    "lang": (("en_US", "English (US)"),),
    "tz": (("UTC", "UTC"),),
    "type": (("url", "URL"), ("binary", "File")),
}  # fmt: skip
"""Values of selection fields, limited to those used in the sandbox."""

MODEL_NAMES: dict[int, dict[str, str]] = {
    15: {
        "message": "Message", "channel": "Discussion Channel", "member": "Channel Member", "partner": "Contact",
        "user": "User", "file": "Attachment", "settings": "User Settings", "follower": "Document Followers",
        "scheduled": "Scheduled Message", "canned": "Canned Response", "preview": "Store link preview data",
        "guest": "Guest", "model": "Models",
    },
}  # fmt: skip
MODEL_NAMES[14] = MODEL_NAMES[15] | {
    "member": "Listeners of a Channel", "user": "Users", "canned": "Canned Response / Shortcode",
}  # fmt: skip
"""Model names as in ``ir.model``, by kind."""

_NEWEST: dict[str, dict[str, FieldType]] = {
    "message": {
        "id": FieldType("integer", "ID", flags="readonly store"),
        "create_date": FieldType("datetime", "Created on", flags="readonly store"),
        "write_date": FieldType("datetime", "Last Updated on", flags="readonly store"),
        "subject": FieldType("char", "Subject"),
        "date": FieldType("datetime", "Date"),
        "body": FieldType("html", "Contents"),
        "attachment_ids": FieldType("many2many", "Attachments", "ir.attachment"),
        "parent_id": FieldType("many2one", "Parent Message", "mail.message"),
        "model": FieldType("char", "Related Document Model"),
        "res_id": FieldType("many2one_reference", "Related Document ID"),
        "record_name": FieldType("char", "Message Record Name", flags="readonly"),
        "message_type": FieldType("selection", "Type", flags="required store"),
        "subtype_id": FieldType("many2one", "Subtype", "mail.message.subtype"),
        "is_internal": FieldType("boolean", "Employee Only"),
        "email_from": FieldType("char", "From"),
        "author_id": FieldType("many2one", "Author", "res.partner"),
        "partner_ids": FieldType("many2many", "Recipients", "res.partner"),
        "notified_partner_ids": FieldType("many2many", "Partners with Need Action", "res.partner"),
        "notification_ids": FieldType("one2many", "Notifications", "mail.notification"),
        "needaction": FieldType("boolean", "Need Action", flags="readonly"),
        "starred_partner_ids": FieldType("many2many", "Favorited By", "res.partner"),
        "starred": FieldType("boolean", "Starred", flags="readonly"),
        "message_id": FieldType("char", "Message-Id", flags="readonly store"),
        "reply_to": FieldType("char", "Reply-To"),
        "create_uid": FieldType("many2one", "Created by", "res.users", flags="readonly store"),
        "display_name": FieldType("char", "Display Name", flags="readonly"),
        "channel_ids": FieldType("many2many", "Channels", "discuss.channel"),
        "moderation_status": FieldType("selection", "Moderation Status"),
        "description": FieldType("char", "Short description", flags="readonly"),
        "__last_update": FieldType("datetime", "Last Modified on", flags="readonly"),
        "author_guest_id": FieldType("many2one", "Guest", "mail.guest"),
        "pinned_at": FieldType("datetime", "Pinned"),
        "is_bookmarked": FieldType("boolean", "Bookmarked", flags="readonly"),  # † 20
        "bookmarked_partner_ids": FieldType("many2many", "Bookmarked By", "res.partner"),  # † 20
    },
    "channel": {
        "id": FieldType("integer", "ID", flags="readonly store"),
        "create_date": FieldType("datetime", "Created on", flags="readonly store"),
        "write_date": FieldType("datetime", "Last Updated on", flags="readonly store"),
        "name": FieldType("char", "Name", flags="required store"),
        "display_name": FieldType("char", "Display Name", flags="readonly"),
        "active": FieldType("boolean", "Active"),
        "channel_type": FieldType("selection", "Channel Type", flags="readonly required store"),
        "description": FieldType("text", "Description"),
        "uuid": FieldType("char", "UUID"),
        "channel_partner_ids": FieldType("many2many", "Partners", "res.partner", flags=""),
        "is_member": FieldType("boolean", "Is Member", flags="readonly"),
        "message_ids": FieldType("one2many", "Messages", "mail.message"),
        "message_needaction_counter": FieldType("integer", "Number of Actions", flags="readonly"),
        "create_uid": FieldType("many2one", "Created by", "res.users", flags="readonly store"),
        "image_128": FieldType("binary", "Image"),
        "public": FieldType("selection", "Privacy", flags="required store"),
        "message_unread_counter": FieldType("integer", "Unread Messages Counter", flags="readonly"),
        "channel_last_seen_partner_ids": FieldType("one2many", "Last Seen", "discuss.channel.member"),
        "__last_update": FieldType("datetime", "Last Modified on", flags="readonly"),
        "avatar_128": FieldType("binary", "Avatar", flags="readonly"),
        "member_count": FieldType("integer", "Member Count", flags="readonly"),
        "channel_member_ids": FieldType("one2many", "Members", "discuss.channel.member"),
        "last_interest_dt": FieldType("datetime", "Last Interest"),
        "invitation_url": FieldType("char", "Invitation URL", flags="readonly"),
        "group_public_id": FieldType("many2one", "Authorized Group", "res.groups"),
        "sub_channel_ids": FieldType("one2many", "Sub Channels", "discuss.channel", flags="readonly store"),
        "parent_channel_id": FieldType("many2one", "Parent Channel", "discuss.channel", flags="readonly store"),
        "from_message_id": FieldType("many2one", "From Message", "mail.message", flags="readonly store"),
        "self_member_id": FieldType("many2one", "Self Member", "discuss.channel.member", flags="readonly"),
        "message_count": FieldType("integer", "# Messages", flags="readonly"),
        "allow_public_upload": FieldType("boolean", "Allow Public Upload"),  # † 17 and 18
    },
    "member": {
        "id": FieldType("integer", "ID", flags="readonly store"),
        "create_date": FieldType("datetime", "Created on", flags="readonly store"),
        "write_date": FieldType("datetime", "Last Updated on", flags="readonly store"),
        "partner_id": FieldType("many2one", "Partner", "res.partner"),
        "channel_id": FieldType("many2one", "Channel", "discuss.channel", flags="required store"),
        "custom_channel_name": FieldType("char", "Custom channel name"),
        "fetched_message_id": FieldType("many2one", "Last Fetched", "mail.message"),
        "seen_message_id": FieldType("many2one", "Last Seen", "mail.message"),
        "is_pinned": FieldType("boolean", "Is pinned on the interface", flags="readonly"),
        "display_name": FieldType("char", "Display Name", flags="readonly"),
        "partner_email": FieldType("char", "Email", flags=""),
        "last_interest_dt": FieldType("datetime", "Last Interest"),
        "guest_id": FieldType("many2one", "Guest", "mail.guest"),
        "message_unread_counter": FieldType("integer", "Unread Messages Counter", flags="readonly"),
        "last_seen_dt": FieldType("datetime", "Last seen date"),
        "is_self": FieldType("boolean", "Is Self", flags="readonly"),
        "custom_notifications": FieldType("selection", "Customized Notifications"),
        "mute_until_dt": FieldType("datetime", "Mute notifications until"),
        "new_message_separator": FieldType("integer", "New Message Separator", flags="required store"),
        "unpin_dt": FieldType("datetime", "Unpin date"),
        "is_favorite": FieldType("boolean", "Is Favorite"),  # † 20
    },
    "partner": {
        "id": FieldType("integer", "ID", flags="readonly store"),
        "create_date": FieldType("datetime", "Created on", flags="readonly store"),
        "write_date": FieldType("datetime", "Last Updated on", flags="readonly store"),
        "name": FieldType("char", "Name"),
        "display_name": FieldType("char", "Display Name", flags="readonly"),
        "parent_id": FieldType("many2one", "Related Company", "res.partner"),
        "lang": FieldType("selection", "Language"),
        "email": FieldType("char", "Email"),
        "active": FieldType("boolean", "Active"),
        "im_status": FieldType("char", "IM Status", flags="readonly"),
        "user_ids": FieldType("one2many", "Users", "res.users"),
        "image_128": FieldType("binary", "Image 128", flags="readonly store"),
        "is_company": FieldType("boolean", "Is a Company"),
        "partner_share": FieldType("boolean", "Share Partner", flags="readonly store"),
        "message_ids": FieldType("one2many", "Messages", "mail.message"),
        "message_follower_ids": FieldType("one2many", "Followers", "mail.followers"),
        "message_partner_ids": FieldType("many2many", "Followers (Partners)", "res.partner", flags=""),
        "message_is_follower": FieldType("boolean", "Is Follower", flags="readonly"),
        "message_needaction": FieldType("boolean", "Action Needed", flags="readonly"),
        "message_needaction_counter": FieldType("integer", "Number of Actions", flags="readonly"),
        "channel_ids": FieldType("many2many", "Channels", "discuss.channel"),
        "avatar_128": FieldType("binary", "Avatar 128", flags="readonly"),
        "main_user_id": FieldType("many2one", "Main User", "res.users", flags="readonly"),
    },
    "user": {
        "id": FieldType("integer", "ID", flags="readonly store"),
        "create_date": FieldType("datetime", "Created on", flags="readonly store"),
        "write_date": FieldType("datetime", "Last Updated on", flags="readonly store"),
        "login": FieldType("char", "Login", flags="required store"),
        "name": FieldType("char", "Name", flags=""),
        "display_name": FieldType("char", "Display Name", flags="readonly"),
        "email": FieldType("char", "Email", flags=""),
        "partner_id": FieldType("many2one", "Related Partner", "res.partner", flags="required store"),
        "active": FieldType("boolean", "Active"),
        "share": FieldType("boolean", "Share User", flags="readonly store"),
        "notification_type": FieldType("selection", "Notification", flags="required store"),
        "totp_enabled": FieldType("boolean", "Two-factor authentication", flags="readonly"),
        "lang": FieldType("selection", "Language", flags=""),
        "tz": FieldType("selection", "Timezone", flags=""),
        "im_status": FieldType("char", "IM Status", flags="readonly"),
        "res_users_settings_ids": FieldType("one2many", "Res Users Settings", "res.users.settings"),
        "manual_im_status": FieldType("selection", "IM status manually set by the user"),
    },
    "file": {
        "id": FieldType("integer", "ID", flags="readonly store"),
        "create_date": FieldType("datetime", "Created on", flags="readonly store"),
        "write_date": FieldType("datetime", "Last Updated on", flags="readonly store"),
        "name": FieldType("char", "Name", flags="required store"),
        "display_name": FieldType("char", "Display Name", flags="readonly"),
        "mimetype": FieldType("char", "Mime Type", flags="readonly store"),
        "file_size": FieldType("integer", "File Size", flags="readonly store"),
        "res_model": FieldType("char", "Resource Model"),
        "res_id": FieldType("many2one_reference", "Resource ID"),
        "res_name": FieldType("char", "Resource Name", flags="readonly"),
        "checksum": FieldType("char", "Checksum/SHA1", flags="readonly store"),
        "type": FieldType("selection", "Type", flags="required store"),
        "url": FieldType("char", "Url"),
        "raw": FieldType("binary", "File Content (raw)", flags=""),
        "access_token": FieldType("char", "Access Token"),
        "create_uid": FieldType("many2one", "Created by", "res.users", flags="readonly store"),
        "datas": FieldType("binary", "File Content (base64)", flags=""),
    },
    "settings": {
        "id": FieldType("integer", "ID", flags="readonly store"),
        "create_date": FieldType("datetime", "Created on", flags="readonly store"),
        "write_date": FieldType("datetime", "Last Updated on", flags="readonly store"),
        "user_id": FieldType("many2one", "User", "res.users", flags="required store"),
        "display_name": FieldType("char", "Display Name", flags="readonly"),
        "is_discuss_sidebar_category_channel_open": FieldType("boolean", "Is discuss sidebar category channel open?"),
        "is_discuss_sidebar_category_chat_open": FieldType("boolean", "Is discuss sidebar category chat open?"),
    },
    "follower": {
        "id": FieldType("integer", "ID", flags="readonly store"),
        "res_model": FieldType("char", "Related Document Model Name", flags="required store"),
        "res_id": FieldType("many2one_reference", "Related Document ID"),
        "partner_id": FieldType("many2one", "Related Partner", "res.partner", flags="required store"),
        "subtype_ids": FieldType("many2many", "Subtype", "mail.message.subtype"),
        "name": FieldType("char", "Name", flags="readonly"),
        "display_name": FieldType("char", "Display Name", flags="readonly"),
        "email": FieldType("char", "Email", flags="readonly"),
        "is_active": FieldType("boolean", "Is Active", flags="readonly"),
    },
    "scheduled": {
        "id": FieldType("integer", "ID", flags="readonly store"),
        "create_date": FieldType("datetime", "Created on", flags="readonly store"),
        "write_date": FieldType("datetime", "Last Updated on", flags="readonly store"),
        "model": FieldType("char", "Related Document Model", flags="required store"),
        "res_id": FieldType("many2one_reference", "Related Document Id", flags="required store"),
        "body": FieldType("html", "Contents"),
        "subject": FieldType("char", "Subject"),
        "author_id": FieldType("many2one", "Author", "res.partner", flags="required store"),
        "is_note": FieldType("boolean", "Is a note"),
        "scheduled_date": FieldType("datetime", "Scheduled Date", flags="required store"),
        "attachment_ids": FieldType("many2many", "Attachments", "ir.attachment"),
        "partner_ids": FieldType("many2many", "Recipients", "res.partner"),
        "composition_comment_option": FieldType("selection", "Comment Options"),
        "notification_parameters": FieldType("text", "Notification parameters"),
        "send_context": FieldType("json", "Sending Context"),
        "create_uid": FieldType("many2one", "Created by", "res.users", flags="readonly store"),
        "display_name": FieldType("char", "Display Name", flags="readonly"),
    },
    "canned": {
        "id": FieldType("integer", "ID", flags="readonly store"),
        "create_date": FieldType("datetime", "Created on", flags="readonly store"),
        "write_date": FieldType("datetime", "Last Updated on", flags="readonly store"),
        "source": FieldType("char", "Shortcut", flags="required store"),
        "substitution": FieldType("text", "Substitution", flags="required store"),
        "create_uid": FieldType("many2one", "Created by", "res.users", flags="readonly store"),
        "display_name": FieldType("char", "Display Name", flags="readonly"),
        "description": FieldType("char", "Description"),
        "is_shared": FieldType(
            "boolean", "Determines if the canned_response is currently shared with other users", flags="readonly store"
        ),
        "is_editable": FieldType(
            "boolean", "Determines if the canned response can be edited by the current user", flags="readonly"
        ),
        "group_ids": FieldType("many2many", "Authorized Groups", "res.groups"),
        "last_used": FieldType("datetime", "Last Used"),
    },
    "preview": {
        "id": FieldType("integer", "ID", flags="readonly store"),
        "create_date": FieldType("datetime", "Create Date"),
        "source_url": FieldType("char", "URL", flags="required store"),
        "og_title": FieldType("char", "Title"),
        "og_description": FieldType("text", "Description"),
        "og_image": FieldType("char", "Image"),
        "og_mimetype": FieldType("char", "MIME type"),
        "og_site_name": FieldType("char", "Site name"),
        "og_type": FieldType("char", "Type"),
        "message_id": FieldType("many2one", "Message", "mail.message"),  # † up to 18
    },
    "guest": {
        "id": FieldType("integer", "ID", flags="readonly store"),
        "create_date": FieldType("datetime", "Created on", flags="readonly store"),
        "write_date": FieldType("datetime", "Last Updated on", flags="readonly store"),
        "name": FieldType("char", "Name", flags="required store"),
        "display_name": FieldType("char", "Display Name", flags="readonly"),
        "im_status": FieldType("char", "IM Status", flags="readonly"),
        "channel_ids": FieldType("many2many", "Channels", "discuss.channel"),
    },
    "model": {
        "id": FieldType("integer", "ID", flags="readonly store"),
        "model": FieldType("char", "Model", flags="required store"),
        "name": FieldType("char", "Model Description", flags="required store"),
        "state": FieldType("selection", "Type", flags="readonly store"),
        "transient": FieldType("boolean", "Transient Model"),
        "modules": FieldType("char", "In Apps", flags="readonly"),
        "display_name": FieldType("char", "Display Name", flags="readonly"),
    },
}

_OLDEST: dict[str, dict[str, FieldType]] = {
    "message": {
        "record_name": FieldType("char", "Message Record Name"),
    },
    "channel": {
        "channel_type": FieldType("selection", "Channel Type"),
        "channel_partner_ids": FieldType("many2many", "Listeners", "res.partner"),
        "is_member": FieldType("boolean", "Is a member", flags="readonly"),
    },
    "member": {
        "partner_id": FieldType("many2one", "Recipient", "res.partner"),
        "channel_id": FieldType("many2one", "Channel", "discuss.channel"),
        "is_pinned": FieldType("boolean", "Is pinned on the interface"),
    },
    "partner": {
        "display_name": FieldType("char", "Display Name", flags="readonly store"),
        "message_partner_ids": FieldType("many2many", "Followers (Partners)", "res.partner", flags="readonly"),
    },
    "file": {
        "res_model": FieldType("char", "Resource Model", flags="readonly store"),
        "res_id": FieldType("many2one_reference", "Resource ID", flags="readonly store"),
    },
    "follower": {
        "partner_id": FieldType("many2one", "Related Partner", "res.partner"),
    },
}


TYPES: dict[int, dict[str, dict[str, FieldType]]] = {
    14: {kind: types | _OLDEST.get(kind, {}) for kind, types in _NEWEST.items()},
    15: _NEWEST,
}
"""Field types by kind of record, for each version that changed them."""
