using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Status = Google.Rpc.Status;

namespace Dmp.Server.Errors;

/// <summary>
/// How much of a failure goes over the wire. It travels in trailers, and clients break the connection, with every other call on it, when
/// those are larger than they take: 8 KiB for grpc-java. Every status that leaves passes here.
/// </summary>
internal static class WireStatus
{
    /// <summary>The most bytes of all trailers of a failure, names and values, with the 32 that HPACK counts for each.</summary>
    public const int TrailerBytesMax = 6 * 1024;

    // The other fields: the status code, our id of the call, a consistency token, the date, and the names of all.
    private const int OtherBytes = 1024;
    private const int DescriptionCharactersMax = 400;
    private const int PathCharactersMax = 200;
    private const int TextCharactersMax = 300;
    private const int ValueCharactersMax = 100;

    /// <summary>Stands for the faults that are not told.</summary>
    public static BadRequest.Types.FieldViolation More =>
        new() { Description = "And more: only the first faults are told. Mend these and send again." };

    /// <summary>
    /// The status, made small enough: faults go first, as few as must, then texts, then other details; never the reason and the id of the
    /// call.
    /// </summary>
    public static Status Bound(Status status)
    {
        if (Fits(status))
        {
            return status;
        }

        var bound = status.Clone();
        CutFaults(bound);
        if (!Fits(bound))
        {
            CutTexts(bound);
        }

        for (var i = bound.Details.Count - 1; i >= 0 && !Fits(bound); i--)
        {
            if (!bound.Details[i].Is(ErrorInfo.Descriptor) && !bound.Details[i].Is(RequestInfo.Descriptor))
            {
                bound.Details.RemoveAt(i);
            }
        }

        if (!Fits(bound))
        {
            CutValues(bound);
        }

        return bound;
    }

    /// <summary>A text of at most so many characters, never between the two halves of one.</summary>
    public static string Cut(string text, int charactersMax) =>
        text.Length <= charactersMax
            ? text
            : $"{text[..(char.IsHighSurrogate(text[charactersMax - 2]) ? charactersMax - 2 : charactersMax - 1)]}…";

    private static bool Fits(Status status) =>
        Uri.EscapeDataString(status.Message).Length + ((status.CalculateSize() + 2) / 3 * 4) <= TrailerBytesMax - OtherBytes;

    private static void CutFaults(Status status)
    {
        for (var i = 0; i < status.Details.Count; i++)
        {
            if (!status.Details[i].TryUnpack<BadRequest>(out var faults))
            {
                continue;
            }

            foreach (var fault in faults.FieldViolations)
            {
                fault.Field = Cut(fault.Field, PathCharactersMax);
                fault.Description = Cut(fault.Description, DescriptionCharactersMax);
            }

            status.Details[i] = Any.Pack(faults);
            if (Fits(status))
            {
                continue;
            }

            if (faults.FieldViolations is [.., { Field: "" } last] && last.Equals(More))
            {
                faults.FieldViolations.RemoveAt(faults.FieldViolations.Count - 1);
            }

            faults.FieldViolations.Add(More);
            while (faults.FieldViolations.Count > 1 && !Fits(status))
            {
                faults.FieldViolations.RemoveAt(faults.FieldViolations.Count - 2);
                status.Details[i] = Any.Pack(faults);
            }
        }
    }

    private static void CutTexts(Status status)
    {
        status.Message = Cut(status.Message, TextCharactersMax);
        for (var i = 0; i < status.Details.Count; i++)
        {
            if (status.Details[i].TryUnpack<LocalizedMessage>(out var text))
            {
                text.Message = Cut(text.Message, TextCharactersMax);
                status.Details[i] = Any.Pack(text);
            }
        }
    }

    private static void CutValues(Status status)
    {
        for (var i = 0; i < status.Details.Count; i++)
        {
            if (status.Details[i].TryUnpack<ErrorInfo>(out var info))
            {
                foreach (var key in info.Metadata.Keys.ToList())
                {
                    info.Metadata[key] = Cut(info.Metadata[key], ValueCharactersMax);
                }

                while (info.Metadata.Count > 0 && !Fits(status))
                {
                    status.Details[i] = Any.Pack(info);
                    if (!Fits(status))
                    {
                        info.Metadata.Remove(info.Metadata.Keys.Last());
                    }
                }

                status.Details[i] = Any.Pack(info);
            }
        }
    }
}
