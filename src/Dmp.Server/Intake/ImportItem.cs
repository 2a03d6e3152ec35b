using Dmp.Server.Calls;
using Dmp.Type.V1;

namespace Dmp.Server.Intake;

/// <summary>One open document, or submission set, of an import.</summary>
internal sealed class ImportItem(long number, Call call, int bytes)
{
    /// <summary>The caller's number.</summary>
    public long Number => number;

    /// <summary>Its own call, for the decision and the trace.</summary>
    public Call Call => call;

    /// <summary>What it takes of the window.</summary>
    public int Bytes => bytes;

    /// <summary>Lets go of the bytes that came in one message and are in the memory of the server.</summary>
    public Action? Release { get; set; }

    /// <summary>The set that it belongs to, or is; null for a document by itself.</summary>
    public ImportSet? Set { get; set; }

    /// <summary>Of a set, once it is decided about.</summary>
    public CompleteSet? Whole { get; set; }

    /// <summary>All of it has come, or it was refused; of a set, all of its documents.</summary>
    public bool IsWhole { get; set; }

    /// <summary>A document of a set that was refused for reasons of its own: it is answered before the set is.</summary>
    public bool IsToldAlone { get; set; }

    /// <summary>It is the server's turn.</summary>
    public bool IsWorking => IsWhole && (IsToldAlone || Set is null or { Item.IsWhole: true });

    /// <summary>What is odd about the intent, to be told with the result.</summary>
    public List<Warning> Warnings { get; } = [];

    /// <summary>Once it is complete, or why it never will be.</summary>
    public CompleteUpload? Upload { get; set; }

    public Exception? Failure { get; set; }

    /// <summary>The answer of an earlier call, which is traced already.</summary>
    public Document.V1.UploadDocumentResponse? Earlier { get; set; }

    /// <summary>Of a document that comes in pieces: the checks of its intent. Never fails.</summary>
    public Task Opening { get; set; } = Task.CompletedTask;

    public UploadPlan? Plan { get; set; }

    public UploadReceiver? Receiver { get; set; }

    /// <summary>One piece after the other, and none while it is given up.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>How much the caller knows to have arrived.</summary>
    public long ToldSize { get; set; }

    /// <summary>It gets no result, because the call ends before it does and its caller will see that.</summary>
    public bool IsSilent { get; set; }
}
