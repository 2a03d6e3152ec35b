using System.Text.Json;
using System.Text.Unicode;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Parts;

/// <summary>The parts of a document in JSON. The reader goes on from where the last part was found.</summary>
internal sealed class JsonParts : PartWalk
{
    private const int NameBytesMax = 240;

    private readonly ReadOnlyMemory<byte> bytes;
    private JsonReaderState state;
    private int at;

    public JsonParts(ReadOnlyMemory<byte> content, FhirReaderOptions options)
        : base(options)
    {
        bytes = FhirSource.Unmarked(content);
        state = new JsonReaderState(new JsonReaderOptions { MaxDepth = options.DepthMax + 2 });
        if (!Utf8.IsValid(bytes.Span))
        {
            throw Refused(FhirFaultKind.Encoding);
        }
    }

    protected override bool Advance()
    {
        var json = new Utf8JsonReader(bytes.Span[at..], isFinalBlock: true, state);
        while (!HasFound)
        {
            if (!json.Read())
            {
                return false;
            }

            Look();
            CheckDepth(json.CurrentDepth);
            Accept(ref json);
        }

        at += (int)json.BytesConsumed;
        state = json.CurrentState;
        return true;
    }

    private void Accept(ref Utf8JsonReader json)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.PropertyName:
                Innermost!.Member = MemberOf(ref json);
                break;
            case JsonTokenType.StartObject:
                Open(isArray: false);
                break;
            case JsonTokenType.StartArray:
                Open(isArray: true);
                break;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                Pop();
                Count();
                break;
            default:
                TakeValue(ref json);
                Count();
                break;
        }
    }

    private void Open(bool isArray)
    {
        var around = Innermost;
        var element = Push();
        var member = around?.Member ?? new Member(MemberKind.Other, "Bundle");
        (element.Name, element.Number) = (member.Name, around?.Count ?? 0);
        if (isArray)
        {
            (element.Member, element.Owner, element.Count, element.IsShown) = (member, around?.Owner ?? element, 0, false);
        }
        else
        {
            element.IsText = member.Kind == MemberKind.Text;
        }
    }

    private void Count()
    {
        if (Innermost is { } around)
        {
            around.Count++;
        }
    }

    private void TakeValue(ref Utf8JsonReader json)
    {
        if (Innermost is not { } around)
        {
            return;
        }

        around.Owner.HasDimensions |= around.Member.Kind == MemberKind.Dimensions;
        if (json.TokenType == JsonTokenType.String)
        {
            var quoted = bytes.Slice(at + (int)json.TokenStartIndex, json.ValueSpan.Length + 2);
            Take(around.Owner, around.Member, new RawValue(quoted, json.ValueIsEscaped));
        }
    }

    private static Member MemberOf(ref Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped)
        {
            return new Member(Member.KindOf(json.ValueSpan), Shown(json.ValueSpan));
        }

        if (json.ValueSpan.Length > NameBytesMax)
        {
            return new Member(MemberKind.Other, "?");
        }

        try
        {
            Span<byte> name = stackalloc byte[NameBytesMax];
            name = name[..json.CopyString(name)];
            return new Member(Member.KindOf(name), Shown(name));
        }
        catch (InvalidOperationException)
        {
            // Half a character. No name of FHIR has one.
            return new Member(MemberKind.Other, "?");
        }
    }
}
