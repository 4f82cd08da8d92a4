"""The bridge to Zendesk as one writes it by hand: FastAPI, background tasks, the vendor's own client.

It is what a good engineer has after an afternoon, and nothing in it is slow on purpose. A conversation is
opened at Zendesk and kept in a small table, so that it is known after a restart. A message of the end user is
checked, answered with 202, and sent by a background task in FastAPI's pool of threads, as the vendor's client
blocks; what fails for a moment is tried again. Nothing here refers to livechat-sdk.
"""

from __future__ import annotations

import importlib
import logging
import secrets
import sqlite3
import time
from pathlib import Path
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

__all__ = ["make_app"]

sunco: Any = importlib.import_module("sunshine_conversations_client")  # typed as it pleases
log = logging.getLogger("bridge")
bearer = HTTPBearer()

THREADS = 40
"""What FastAPI runs background tasks in: one connection for each."""

TEMPORARY = {408, 425, 429, 500, 502, 503, 504}
PAUSES = (0.5, 1.0, 2.0)


class Opening(BaseModel):
    """A conversation that a bot hands over."""

    conversation_id: str = Field(min_length=1, max_length=200)
    user_id: str = Field(min_length=1, max_length=200)
    name: str = ""


class Message(BaseModel):
    """What the end user says."""

    key: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=4096)


class Bridge:
    """Conversations, and the way to Zendesk."""

    def __init__(self, folder: Path, host: str, app_id: str, key_id: str, secret: str) -> None:
        configuration = sunco.Configuration(host=host, username=key_id, password=secret)
        configuration.connection_pool_maxsize = THREADS
        client = sunco.ApiClient(configuration)
        self.app_id = app_id
        self.users = sunco.UsersApi(client)
        self.conversations = sunco.ConversationsApi(client)
        self.messages = sunco.MessagesApi(client)
        self.switchboard = sunco.SwitchboardActionsApi(client)
        self.db = sqlite3.connect(folder / "bridge.db", check_same_thread=False)
        self.db.execute(
            "CREATE TABLE IF NOT EXISTS chats (id TEXT PRIMARY KEY, user TEXT, conversation TEXT)"
        )
        rows = self.db.execute("SELECT id, user, conversation FROM chats")
        self.chats = {identity: (user, conversation) for identity, user, conversation in rows}

    def open(self, opening: Opening) -> None:
        """Make user and conversation, and let the agents have it."""
        profile = sunco.Profile(givenName=opening.name)
        body = sunco.UserCreateBody(externalId=opening.user_id, profile=profile)
        user = self.users.create_user(self.app_id, body).user
        participant = sunco.ParticipantSubSchema(sunco.ParticipantWithUserId(userId=user.id))
        wanted = sunco.ConversationCreateBody(type="personal", participants=[participant])
        conversation = self.conversations.create_conversation(self.app_id, wanted).conversation
        control = sunco.PassControlBody(switchboardIntegration="zd-agentWorkspace")
        self.switchboard.pass_control(self.app_id, conversation.id, control)
        self.db.execute(
            "INSERT INTO chats VALUES (?, ?, ?)", (opening.conversation_id, user.id, conversation.id)
        )
        self.db.commit()
        self.chats[opening.conversation_id] = (user.id, conversation.id)

    async def add_message(self, identity: str, message: Message, tasks: BackgroundTasks) -> dict[str, str]:
        """Have a message sent when it is answered."""
        chat = self.chats.get(identity)
        if chat is None:
            raise HTTPException(404)
        tasks.add_task(self.send, *chat, message)
        return {"accepted": message.key}

    def send(self, user: str, conversation: str, message: Message) -> bool:
        """Post a message; what fails for a moment is tried again. Returns whether it is there."""
        post = sunco.MessagePost(
            author=sunco.Author(type="user", userId=user),
            content=sunco.Content(sunco.TextMessage(type="text", text=message.text)),
            metadata={"key": message.key},
        )
        for pause in (*PAUSES, None):
            try:
                self.messages.post_message(self.app_id, conversation, post)
            except sunco.ApiException as error:
                if error.status not in TEMPORARY or pause is None:
                    log.exception("message %s was not sent", message.key)
                    return False
                time.sleep(pause)
            else:
                return True
        return False


def make_app(bridge: Bridge, token: str) -> FastAPI:
    """The application."""
    app = FastAPI()

    async def allowed(given: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> None:
        if not secrets.compare_digest(given.credentials.encode(), token.encode()):
            raise HTTPException(401)

    @app.post("/conversations", status_code=201, dependencies=[Depends(allowed)])
    def open_conversation(opening: Opening) -> dict[str, str]:
        bridge.open(opening)
        return {"conversation_id": opening.conversation_id}

    add = app.post("/conversations/{identity}/messages", status_code=202, dependencies=[Depends(allowed)])
    add(bridge.add_message)
    return app
