using Dmp.Cda;
using Dmp.Error.V1;
using Dmp.Fhir;
using Dmp.Server.Errors;
using Dmp.Storage;

namespace Dmp.Server.Media;

/// <summary>What a FHIR document carries besides data, by the rules of other documents: its files, and narratives that act.</summary>
internal static class FhirCarried
{
    /// <summary>Most files of a document: each is a scan of its own.</summary>
    public const int FilesMax = 1000;

    /// <summary>Throws the refusal of the contract.</summary>
    public static async Task CheckAsync(IContentReader reader, EmbeddedFiles files, TimeProvider time, CancellationToken ct)
    {
        var bytes = await FhirBytes.TakeAsync(reader, ct);
        var count = 0;
        foreach (var part in FhirParts.Read(bytes, FhirBytes.Options(time)))
        {
            switch (part)
            {
                case FhirFile { IsMalformed: true }:
                    throw Refusal(MediaFaultKind.EmbeddedFile, "The embedded file is not in base 64.", part);
                case FhirFile when ++count > FilesMax:
                    throw Refusal(MediaFaultKind.EmbeddedFile, $"The document carries more than {FilesMax} files.", part);
                case FhirFile file:
                    CdaFile carried = new(file.Place, file.MediaType?.ToLowerInvariant(), IsBody: false);
                    await files.TakeAsync(new CdaFilePart(carried, file.Bytes, IsLast: true), ct);
                    break;
                case FhirActivePart active:
                    throw Refusal(MediaFaultKind.NarrativeActive, $"The narrative acts when it is shown: {active.What}.", part);
                case FhirUnseenPart unseen:
                    const string Unseen = "The document cannot be looked through to its end.";
                    throw Failures.Of(
                        ErrorReason.FhirUnreadable, ("fault", $"{unseen.Why}"), ("place", unseen.Place), ("description", Unseen));
            }
        }
    }

    private static Grpc.Core.RpcException Refusal(MediaFaultKind kind, string text, FhirPart part) =>
        ContentInspector.Refusal(new MediaFault(kind, text), part.Place);
}
