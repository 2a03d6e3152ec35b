using static Dmp.Server.Intake.ImportEvent;
using static Dmp.Server.Intake.ImportState;

namespace Dmp.Server.Intake;

/// <summary>Where an item of an import is on its way.</summary>
internal enum ImportState
{
    /// <summary>Document: its intent is being checked.</summary>
    Asked,

    /// <summary>Document in pieces: the next piece may come.</summary>
    Arriving,

    /// <summary>Document in pieces: one is being written.</summary>
    Writing,

    /// <summary>Document in pieces: given up, and the piece that is being written ends first.</summary>
    Leaving,

    /// <summary>Document: given up, and what another call can take up of it is being put to rest.</summary>
    Ending,

    /// <summary>Document: all bytes are here, and are being looked into.</summary>
    Arrived,

    /// <summary>Document of a set: found good, and the set is not whole.</summary>
    Waiting,

    /// <summary>Set: its documents are coming.</summary>
    Gathering,

    /// <summary>It is the turn of the transaction, or of the answer.</summary>
    Due,

    /// <summary>It has left the window, and has its result.</summary>
    Closed,
}

/// <summary>What happens to an item of an import.</summary>
internal enum ImportEvent
{
    /// <summary>The caller may send the pieces.</summary>
    Accept,

    /// <summary>All bytes came with the intent, and there was room for them.</summary>
    Arrive,

    /// <summary>A piece has come.</summary>
    Write,

    /// <summary>A piece is written, or was refused.</summary>
    Written,

    /// <summary>The caller says that all pieces were sent.</summary>
    Finish,

    /// <summary>The document will not come whole in this call.</summary>
    GiveUp,

    /// <summary>Found good: the set decides when it goes on.</summary>
    Wait,

    /// <summary>Nothing more becomes of it before the transaction.</summary>
    Queue,

    /// <summary>Its result is known, or nobody waits for one any more.</summary>
    Close,
}

/// <summary>What is legal in which state of an item: the table of ADR 0035, which a test compares.</summary>
internal static class ImportStates
{
    /// <summary>The state after an event. The same state: the event comes too late, and is passed over.</summary>
    /// <exception cref="InvalidOperationException">It cannot happen there, and a fault of ours made it happen.</exception>
    public static ImportState Next(ImportState state, ImportEvent happening) => (state, happening) switch
    {
        (Asked, Accept) => Arriving,
        (Asked, Arrive) => Arrived,
        (Asked, GiveUp) => Ending,
        (Asked, Wait) => Waiting,
        (Asked, Queue) => Due,

        (Arriving, Write) => Writing,
        (Arriving, Finish) => Arrived,
        (Arriving, GiveUp) => Ending,

        (Writing, Written) => Arriving,
        (Writing, GiveUp) => Leaving,

        (Leaving, Written) => Ending,
        (Leaving, GiveUp) => Leaving,

        (Ending, Queue) => Due,

        (Arrived, Wait) => Waiting,
        (Arrived, Queue) => Due,

        (Waiting, Queue) => Due,
        (Gathering, Queue) => Due,
        (Due, Close) => Closed,

        (Ending or Arrived or Waiting or Due or Closed, Write or Finish or GiveUp) => state,
        _ => throw new InvalidOperationException($"An item of an import that is {state} has no {happening}."),
    };

    /// <summary>Nothing more of the document is awaited from the caller.</summary>
    public static bool IsWhole(this ImportState state) => state is not (Asked or Arriving or Writing or Leaving or Gathering);

    /// <summary>What becomes of it before a transaction is known.</summary>
    public static bool IsSettled(this ImportState state) => state is Waiting or Due or Closed;
}
