using Dmp.Document.V1;
using Dmp.Server.Calls;
using Dmp.Type.V1;

namespace Dmp.Server.Intake;

/// <summary>
/// One open document, or submission set, of an import. Its state changes in here only, by the table of <see cref="ImportStates"/> and
/// under the one lock of the import's book. All else about it is written once, with the event that makes it known.
/// </summary>
internal sealed class ImportItem
{
    private readonly Lock gate;
    private ImportState state;
    private Task work = Task.CompletedTask;
    private Action<int>? release;

    /// <summary>A document, by itself or of a set.</summary>
    public ImportItem(Lock gate, long number, Call call, int bytes, ImportSet? set)
    {
        (this.gate, Number, Call, Bytes, Set, state) = (gate, number, call, bytes, set, ImportState.Asked);
    }

    /// <summary>A set, with the request ids of its documents. Without a plan it is refused.</summary>
    public ImportItem(Lock gate, long number, Call call, SubmissionSetPlan? plan, IEnumerable<Guid> documentRequestIds)
    {
        (this.gate, Number, Call, state) = (gate, number, call, ImportState.Gathering);
        Set = new ImportSet(this, plan, documentRequestIds);
    }

    /// <summary>The caller's number.</summary>
    public long Number { get; }

    /// <summary>Its own call, for the decision and the trace.</summary>
    public Call Call { get; }

    /// <summary>What it takes of the window.</summary>
    public int Bytes { get; }

    /// <summary>The set that it belongs to, or is; null for a document by itself.</summary>
    public ImportSet? Set { get; }

    public bool IsSet => Set?.Item == this;

    public ImportState State
    {
        get
        {
            lock (gate)
            {
                return state;
            }
        }
    }

    /// <summary>The last task that was started for it: whoever goes on with the item, or closes it, awaits this first.</summary>
    public Task Work
    {
        get
        {
            lock (gate)
            {
                return work;
            }
        }
    }

    /// <summary>Takes the pieces; null while the document is only asked for, and of one that needs none.</summary>
    public UploadReceiver? Receiver { get; private set; }

    /// <summary>What became of it before its transaction; null until then, and of a set whose message is good.</summary>
    public ImportFinding? Finding { get; private set; }

    /// <summary>It is not for the caller that the import waits.</summary>
    public bool IsServersTurn => State switch
    {
        ImportState.Due or ImportState.Ending => true,
        ImportState.Arrived => Set is null or { Awaited: 0, IsSending: false },
        _ => false,
    };

    /// <summary>It gets no result, because the call ends before it does and its caller will see that.</summary>
    public bool IsSilent => Finding is ImportFinding.Refused { IsSilent: true } || Set is { IsSilent: true };

    /// <summary>Starts what the server does with it now, beside the reading of other messages.</summary>
    public void Start(Func<Task> next)
    {
        // Inside of the lock, so that nobody meets what the task made of the item before the task is here to be awaited.
        lock (gate)
        {
            work = Task.Run(next, CancellationToken.None);
        }
    }

    /// <summary>Its bytes come by pieces.</summary>
    public void Accept(UploadReceiver receiver)
    {
        lock (gate)
        {
            Move(ImportEvent.Accept);
            Receiver = receiver;
        }
    }

    /// <summary>Its bytes came in one message and are in memory until it is closed.</summary>
    public void Arrive(Action<int> releaseMemory)
    {
        lock (gate)
        {
            Move(ImportEvent.Arrive);
            release = releaseMemory;
        }
    }

    /// <summary>True for whoever may write a piece now, and says <see cref="Written"/> behind it.</summary>
    public bool TryWrite() => TryEnter(ImportEvent.Write, ImportState.Writing);

    /// <summary>True when it was given up meanwhile, and is the writer's to end.</summary>
    public bool Written() => TryEnter(ImportEvent.Written, ImportState.Ending);

    /// <summary>True when all has come by that, and it can be looked into.</summary>
    public bool TryFinish() => TryEnter(ImportEvent.Finish, ImportState.Arrived);

    /// <summary>True for the one who must end it.</summary>
    public bool TryGiveUp() => TryEnter(ImportEvent.GiveUp, ImportState.Ending);

    /// <summary>What it turned out to be, in a set that still waits for others.</summary>
    public void Wait(ImportFinding finding)
    {
        lock (gate)
        {
            Move(ImportEvent.Wait);
            Finding = finding;
        }
    }

    /// <summary>Its turn has come, by what it turned out to be or by its set.</summary>
    public void Queue(ImportFinding? finding = null)
    {
        lock (gate)
        {
            if (finding is not null && Finding is not null)
            {
                throw new InvalidOperationException("What an item turned out to be is written once.");
            }

            Move(ImportEvent.Queue);
            Finding ??= finding;
        }
    }

    /// <summary>Lets go of its bytes in memory.</summary>
    public void Close()
    {
        lock (gate)
        {
            Move(ImportEvent.Close);
        }

        release?.Invoke(Bytes);
    }

    private bool TryEnter(ImportEvent happening, ImportState next)
    {
        lock (gate)
        {
            var before = state;
            Move(happening);
            return state == next && before != next;
        }
    }

    private void Move(ImportEvent happening) => state = ImportStates.Next(state, happening);
}

/// <summary>What an item turned out to be before any transaction.</summary>
internal abstract record ImportFinding
{
    /// <summary>All is here and good.</summary>
    /// <param name="Upload">What is to be committed.</param>
    /// <param name="Warnings">What is odd about the intent, to be told with the result.</param>
    internal sealed record Good(UploadArrival Upload, IEnumerable<Warning> Warnings) : ImportFinding;

    /// <summary>Nothing is to be committed: the answer of an earlier call, or of a validation, which is traced already.</summary>
    internal sealed record Known(UploadDocumentResponse Response, IEnumerable<Warning> Warnings) : ImportFinding;

    /// <summary>It becomes nothing. In silence, when its caller sees that by itself.</summary>
    internal sealed record Refused(Exception Failure, bool IsSilent = false) : ImportFinding;
}
