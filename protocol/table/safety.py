"""Operations of blocks."""

from protocol import requests as ask
from protocol import resources as res
from protocol.operation import Access, Operation

ROWS = (
    Operation(
        "block.create",
        "Block someone, both ways and at once; they are not told. Doing it twice is kind.",
        ask.CreateBlock,
        res.Block,
        Access.ACCOUNT,
        "POST",
        "/api/v1/blocks",
        status=201,
    ),
    Operation(
        "block.list",
        "Whom one has blocked.",
        ask.ListBlocks,
        res.BlockPage,
        Access.ACCOUNT,
        "GET",
        "/api/v1/blocks",
    ),
    Operation(
        "block.lift",
        "Lift a block.",
        ask.LiftBlock,
        res.Empty,
        Access.ACCOUNT,
        "DELETE",
        "/api/v1/blocks/{block}",
    ),
)
